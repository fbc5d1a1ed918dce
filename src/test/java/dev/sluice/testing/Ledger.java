package dev.sluice.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.reading.Reading;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What a load client knows of every reading it sent: acknowledged, or unknown because the answer
 * never came. Thread-safe.
 */
public final class Ledger {
  private final Set<Reading> acknowledged = ConcurrentHashMap.newKeySet();
  private final Set<Reading> unknown = ConcurrentHashMap.newKeySet();

  public void acknowledged(List<Reading> readings) {
    acknowledged.addAll(readings);
  }

  public void unknown(List<Reading> readings) {
    unknown.addAll(readings);
  }

  public boolean hasAcknowledged(Reading reading) {
    return acknowledged.contains(reading);
  }

  public int acknowledgedCount() {
    return acknowledged.size();
  }

  /**
   * The store holds every acknowledged reading exactly once, and besides only readings whose answer
   * never came, those at most once.
   */
  public void assertKeptBy(String store, List<Reading> rows) {
    Map<Reading, Integer> counts = new HashMap<>();
    rows.forEach(row -> counts.merge(row, 1, Integer::sum));
    List<Reading> missing = new ArrayList<>(acknowledged);
    missing.removeAll(counts.keySet());
    List<Reading> repeated = new ArrayList<>();
    List<Reading> unexpected = new ArrayList<>();
    counts.forEach((reading, count) -> {
      if (count > 1) {
        repeated.add(reading);
      }
      if (!acknowledged.contains(reading) && !unknown.contains(reading)) {
        unexpected.add(reading);
      }
    });
    assertThat(missing).as("acknowledged, but not in " + store).isEmpty();
    assertThat(repeated).as("more than once in " + store).isEmpty();
    assertThat(unexpected).as("in " + store + ", but never sent").isEmpty();
  }
}
