package dev.sluice.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.reading.Identity;
import dev.sluice.reading.Reading;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What must be in a store: of each identity the last acknowledged value, or one whose answer never
 * came. Thread-safe, as long as one identity is written by one client thread at a time.
 */
public final class Ledger {
  private static final String CANARY = "sluice-canary";

  /**
   * @param acknowledged the last value acknowledged; empty when none was
   * @param unknown values sent since, without an answer
   */
  private record Expected(Optional<Double> acknowledged, Set<Double> unknown) {}

  private final Map<Identity, Expected> expected = new ConcurrentHashMap<>();
  private final boolean refusalsAreUnknown;

  public Ledger() {
    this(false);
  }

  private Ledger(boolean refusalsAreUnknown) {
    this.refusalsAreUnknown = refusalsAreUnknown;
  }

  /** A ledger of what is sent to a Sluice whose journal is in Kafka. */
  public static Ledger replicated() {
    return new Ledger(true);
  }

  /** From now on this is the reading of its identity. */
  public void acknowledged(Reading reading) {
    expected.put(reading.identity(), new Expected(Optional.of(reading.value()), Set.of()));
  }

  public void acknowledged(List<Reading> readings) {
    readings.forEach(this::acknowledged);
  }

  public void unknown(List<Reading> readings) {
    readings.forEach(this::unknown);
  }

  /** This may be the reading of its identity, or not. */
  public void unknown(Reading reading) {
    expected.merge(
        reading.identity(),
        new Expected(Optional.empty(), Set.of(reading.value())),
        (before, now) -> {
          Set<Double> values = new HashSet<>(before.unknown());
          values.addAll(now.unknown());
          return new Expected(before.acknowledged(), values);
        });
  }

  /**
   * These were refused for now. Where the journal is replicated they may be kept all the same, as
   * nobody waits for a cluster that is slow; a local journal keeps nothing it refuses.
   */
  public void refused(List<Reading> readings) {
    if (refusalsAreUnknown) {
      unknown(readings);
    }
  }

  public int acknowledgedCount() {
    return (int) expected.values().stream().filter(e -> e.acknowledged().isPresent()).count();
  }

  public boolean hasAcknowledged(Reading reading) {
    Expected known = expected.get(reading.identity());
    return known != null && known.acknowledged().filter(v -> v == reading.value()).isPresent();
  }

  /**
   * The store holds exactly that: nothing lost, nothing twice, nothing else, no older value; but
   * for the canary's readings, which the guards write.
   */
  public void assertKeptBy(String store, List<Reading> rows) {
    List<Reading> repeated = new ArrayList<>();
    List<String> wrong = new ArrayList<>();
    Set<Identity> seen = new HashSet<>();
    for (Reading row : rows) {
      if (row.device().equals(CANARY)) {
        continue;
      }
      if (!seen.add(row.identity())) {
        repeated.add(row);
      }
      Expected allowed = expected.get(row.identity());
      if (allowed == null || !allows(allowed, row.value())) {
        wrong.add(row + ", expected was " + allowed);
      }
    }
    List<Identity> missing = new ArrayList<>();
    expected.forEach((identity, value) -> {
      if (value.acknowledged().isPresent() && !seen.contains(identity)) {
        missing.add(identity);
      }
    });
    assertThat(missing).as("acknowledged, but not in " + store).isEmpty();
    assertThat(repeated).as("more than once in " + store).isEmpty();
    assertThat(wrong).as("in " + store + ", but not what was last acknowledged").isEmpty();
  }

  private static boolean allows(Expected expected, double value) {
    return expected.unknown().contains(value)
        || expected.acknowledged().filter(last -> last == value).isPresent();
  }
}
