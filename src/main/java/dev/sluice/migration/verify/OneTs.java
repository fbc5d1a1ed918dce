package dev.sluice.migration.verify;

import dev.sluice.reading.Identity;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * The readings of one ts that have no match in the other store yet: kept as a set, since the stores
 * return them in no particular order. Confined to one thread.
 */
final class OneTs {
  private final Map<Identity, Double> left = new HashMap<>();
  private final Map<Identity, Double> right = new HashMap<>();
  private final Map<Identity, Difference> found = new TreeMap<>(Difference.ORDER);

  void left(Identity identity, double value) {
    Double other = right.remove(identity);
    if (other == null) {
      repeated(identity, left.put(identity, value), true);
    } else {
      pair(identity, value, other);
    }
  }

  void right(Identity identity, double value) {
    Double other = left.remove(identity);
    if (other == null) {
      repeated(identity, right.put(identity, value), false);
    } else {
      pair(identity, other, value);
    }
  }

  /** Readings held; bounding this bounds the memory used. */
  int size() {
    return left.size() + right.size() + found.size();
  }

  /** Reports the differences, once all readings of the ts have been added. */
  void finish(Differences each) throws IOException {
    left.forEach((identity, value) -> found(new Difference(identity, value, Double.NaN)));
    right.forEach((identity, value) -> found(new Difference(identity, Double.NaN, value)));
    for (Difference difference : found.values()) {
      each.add(difference);
    }
  }

  private void pair(Identity identity, double leftValue, double rightValue) {
    if (!Difference.sameBits(leftValue, rightValue)) {
      found(new Difference(identity, leftValue, rightValue));
    }
  }

  /** A store that returns one identity twice has one reading too many. */
  private void repeated(
      Identity identity, @org.jspecify.annotations.Nullable Double earlier, boolean inLeft) {
    if (earlier != null) {
      found(
          inLeft
              ? new Difference(identity, earlier, Double.NaN)
              : new Difference(identity, Double.NaN, earlier));
    }
  }

  private void found(Difference difference) {
    found.putIfAbsent(difference.identity(), difference);
  }
}
