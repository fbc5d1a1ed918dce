package dev.sluice.cli;

import java.time.Duration;

/**
 * How long commands wait.
 *
 * @param get for an answer to a query
 * @param post for an action: a flip may take {@code cutover.timeout} and its rehearsal
 * @param repair for a repair, which copies row by row
 * @param poll between two checks of a run that is being watched
 * @param line between two lines about that run if there is no terminal
 * @param absence for a watched Sluice that does not answer
 */
record Patience(
    Duration get, Duration post, Duration repair, Duration poll, Duration line, Duration absence) {
  static final Patience USUAL =
      new Patience(
          Duration.ofSeconds(10),
          Duration.ofSeconds(120),
          Duration.ofHours(12),
          Duration.ofSeconds(1),
          Duration.ofSeconds(5),
          Duration.ofSeconds(60));
}
