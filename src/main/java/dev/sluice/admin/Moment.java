package dev.sluice.admin;

import dev.sluice.delivery.DeliveryStatus;
import dev.sluice.journal.JournalStats;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the parts of Sluice report at one moment: the same counters that the metrics read.
 *
 * @param nanos when, by {@link System#nanoTime}
 * @param acknowledged readings acknowledged since the start
 * @param rejected readings refused by name since the start
 * @param notNow requests answered 503 or 429 since the start
 * @param stores by name; a store that is not written in this phase is missing
 * @param refusal why ingest would refuse a request; empty if it would accept one
 * @param warnings what an operator has to know about the stores
 * @param tokens why the tokens file is refused; empty while it is good, or there is none
 */
public record Moment(
    long nanos,
    long acknowledged,
    long rejected,
    long notNow,
    JournalStats journal,
    Map<String, DeliveryStatus> stores,
    Optional<String> refusal,
    List<String> warnings,
    Optional<String> tokens) {

  /** Where moments come from; called once a second by one thread. */
  @FunctionalInterface
  public interface Source {
    Moment now();
  }
}
