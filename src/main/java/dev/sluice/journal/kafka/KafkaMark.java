package dev.sluice.journal.kafka;

import dev.sluice.journal.Mark;
import java.util.Arrays;

/** A place in some partitions: everything before it. Of the other partitions nothing is meant. */
final class KafkaMark implements Mark {
  private static final String WORD = "partition:offset";

  /** Ascending. */
  private final int[] partitions;

  /** Offset of the first record that is not before the mark, for each of them. */
  private final long[] places;

  /** Keeps the arrays, which must not change. */
  KafkaMark(int[] partitions, long[] places) {
    this.partitions = partitions;
    this.places = places;
  }

  /** The mark that {@link #toString} named. */
  static KafkaMark of(String named) {
    String[] words = named.split(" ", -1);
    if (!words[0].equals(WORD)) {
      throw new IllegalArgumentException(named + " is no mark of a topic");
    }
    int[] partitions = new int[words.length - 1];
    long[] places = new long[words.length - 1];
    for (int i = 0; i < places.length; i++) {
      int colon = words[i + 1].indexOf(':');
      partitions[i] = Integer.parseInt(words[i + 1].substring(0, colon));
      places[i] = Long.parseLong(words[i + 1].substring(colon + 1));
    }
    return new KafkaMark(partitions, places);
  }

  /** A mark in every partition. */
  static KafkaMark everywhere(long[] places) {
    int[] all = new int[places.length];
    Arrays.setAll(all, p -> p);
    return new KafkaMark(all, places);
  }

  long place(int partition) {
    int at = Arrays.binarySearch(partitions, partition);
    return at < 0 ? 0 : places[at];
  }

  @Override
  public boolean reachedBy(Mark other) {
    KafkaMark there = (KafkaMark) other;
    for (int i = 0; i < partitions.length; i++) {
      if (there.place(partitions[i]) < places[i]) {
        return false;
      }
    }
    return true;
  }

  @Override
  public Mark and(Mark other) {
    KafkaMark there = (KafkaMark) other;
    int[] union = new int[partitions.length + there.partitions.length];
    System.arraycopy(partitions, 0, union, 0, partitions.length);
    System.arraycopy(there.partitions, 0, union, partitions.length, there.partitions.length);
    int[] both = Arrays.stream(union).sorted().distinct().toArray();
    long[] furthest = new long[both.length];
    Arrays.setAll(furthest, i -> Math.max(place(both[i]), there.place(both[i])));
    return new KafkaMark(both, furthest);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof KafkaMark mark
        && Arrays.equals(partitions, mark.partitions)
        && Arrays.equals(places, mark.places);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(partitions) + Arrays.hashCode(places);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(WORD);
    for (int i = 0; i < partitions.length; i++) {
      if (places[i] < Long.MAX_VALUE) { // else others deliver it
        text.append(' ').append(partitions[i]).append(':').append(places[i]);
      }
    }
    return text.toString();
  }
}
