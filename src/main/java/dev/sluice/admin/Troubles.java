package dev.sluice.admin;

import dev.sluice.api.Trouble;
import dev.sluice.delivery.DeliveryStatus;
import dev.sluice.journal.JournalStats;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Judges each moment, and remembers since when each trouble has lasted. Confined to the thread that
 * samples.
 */
final class Troubles {
  /** How long a count that has grown is reported after it last grew. */
  private static final Duration REPORTED = Duration.ofMinutes(15);

  private static final Duration REFUSED_LATELY = Duration.ofMinutes(1);
  private static final double MOST_LAG_SECONDS = 60;
  private static final double MOST_FILL = 0.5;

  /** Since when each trouble has lasted, by a key that its changing numbers are no part of. */
  private final Map<String, Instant> since = new HashMap<>();

  private final Map<String, Growth> growths = new HashMap<>();
  private final List<Trouble> found = new ArrayList<>();
  private final Set<String> keys = new HashSet<>();
  private Instant wellSince;

  /**
   * A count that should not grow.
   *
   * @param before its value when it began to grow
   */
  private record Growth(long before, long value, Instant last) {}

  /** Nothing is known to be wrong at {@code start}. */
  Troubles(Instant start) {
    this.wellSince = start;
  }

  /** Since when nothing has been wrong; means something only while nothing is. */
  Instant wellSince() {
    return wellSince;
  }

  /** What is wrong at this moment, the worst first. */
  List<Trouble> at(Moment moment, Instant now) {
    found.clear();
    keys.clear();
    journal(moment.journal(), now);
    moment.stores().forEach((name, status) -> store(name, status, now));
    notNow(moment.notNow(), now);
    moment.stores().forEach((name, status) -> losses(name, status, now));
    fill(moment.journal(), now);
    moment.stores().forEach((name, status) -> lag(name, status, now));
    for (String warning : moment.warnings()) {
      add("stores", "warning " + warning, now, warning, "");
    }
    moment
        .tokens()
        .ifPresent(reason ->
            add(
                "tokens",
                "refused",
                now,
                reason,
                "Mend the file; ./sluice tokens check says what is wrong. Sluice takes it by itself,"
                    + " within a second."));
    if (moment.journal().full().isEmpty()) {
      moment
          .refusal()
          .ifPresent(reason ->
              add(
                  "ingest",
                  "refuses",
                  now,
                  "ingest accepts no readings: " + reason,
                  "Sensors get 503 with Retry-After and keep their readings; wait, or read"
                      + " Sluice's log."));
    }
    boolean wasWell = since.isEmpty();
    since.keySet().retainAll(keys);
    if (since.isEmpty() && !wasWell) {
      wellSince = now;
    }
    return List.copyOf(found);
  }

  private void add(String what, String kind, Instant now, String reason, String remedy) {
    String key = what + ' ' + kind;
    keys.add(key);
    found.add(new Trouble(what, since.computeIfAbsent(key, k -> now), reason, remedy));
  }

  private void journal(JournalStats journal, Instant now) {
    if (!journal.full().isEmpty()) {
      add(
          "journal",
          "full",
          now,
          "the journal takes no more readings: " + journal.full(),
          "Ingest answers 503 until delivery has made room, and resumes by itself. Mend the store"
              + " that lags, free the disk, or raise journal.max-bytes.");
    }
    Growth lost = growth("journal lost", journal.lost(), now);
    if (recent(lost, REPORTED, now)) {
      add(
          "journal",
          "lost",
          now,
          (lost.value() - lost.before()) + " readings were lost from the journal",
          "See journal/quarantine below data.dir, and Sluice's log.");
    }
  }

  private void store(String name, DeliveryStatus status, Instant now) {
    switch (status.state()) {
      case RETRYING ->
          add(
              name,
              "retrying",
              now,
              name + " does not take readings: " + status.trouble(),
              "Mend the store. Delivery tries again by itself; until then readings wait in the"
                  + " journal, and nothing is lost.");
      case FAILED ->
          add(
              name,
              "failed",
              now,
              status.trouble(),
              "Restart Sluice: it resumes at the cursor, and nothing is lost.");
      case RUNNING, STOPPED -> {}
    }
    if (status.residue() != 0) {
      add(
          name,
          "residue",
          now,
          String.format(
              Locale.ROOT,
              "%,d readings of %s are unaccounted for, allowed is 0",
              status.residue(),
              name),
          "Keep the data directory and Sluice's log, and report it: this is a bug.");
    }
  }

  private void losses(String name, DeliveryStatus status, Instant now) {
    Growth dead = growth(name + " dead letters", status.deadLetters(), now);
    if (recent(dead, REPORTED, now)) {
      add(
          name,
          "dead letters",
          now,
          String.format(
              Locale.ROOT,
              "%s refused %,d readings: %s",
              name,
              dead.value() - dead.before(),
              status.lastError()),
          "They are listed with their reasons under System. Remove the cause, then send the file"
              + " again.");
    }
  }

  private void notNow(long requests, Instant now) {
    Growth refused = growth("not now", requests, now);
    if (recent(refused, REFUSED_LATELY, now)) {
      add(
          "ingest",
          "not now",
          now,
          String.format(
              Locale.ROOT,
              "%,d requests were told to try again later",
              refused.value() - refused.before()),
          "Sensors keep their readings and send them again. If it lasts, the journal is full or"
              + " memory is short: see its fill, and ingest.max-inflight-bytes.");
    }
  }

  private void fill(JournalStats journal, Instant now) {
    double fill = (double) journal.bytes() / journal.maxBytes();
    if (fill > MOST_FILL && journal.full().isEmpty()) {
      add(
          "journal",
          "fill",
          now,
          String.format(
              Locale.ROOT, "the journal is %.0f %% full, allowed is 50 %%", Math.floor(fill * 100)),
          "A store has lagged for a long time: mend it, or give it more room. At 100 % ingest"
              + " answers 503.");
    }
  }

  private void lag(String name, DeliveryStatus status, Instant now) {
    if (status.state() == DeliveryStatus.State.RUNNING && status.lagSeconds() > MOST_LAG_SECONDS) {
      add(
          name,
          "lag",
          now,
          String.format(
              Locale.ROOT,
              "%s is %.0f s behind, allowed are %.0f s",
              name,
              status.lagSeconds(),
              MOST_LAG_SECONDS),
          "It takes readings, only more slowly than they come: see what the store is busy with.");
    }
  }

  private Growth growth(String what, long value, Instant now) {
    Growth before = growths.get(what);
    Growth after;
    if (before == null || value < before.value()) {
      after = new Growth(value, value, Instant.MIN);
    } else if (value == before.value()) {
      after = before;
    } else {
      boolean goesOn = recent(before, REPORTED, now);
      after = new Growth(goesOn ? before.before() : before.value(), value, now);
    }
    growths.put(what, after);
    return after;
  }

  private static boolean recent(Growth growth, Duration within, Instant now) {
    return !growth.last().plus(within).isBefore(now);
  }
}
