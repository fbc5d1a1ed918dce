package dev.sluice.journal.kafka;

import dev.sluice.reading.ReadingBatch;

/** A record as a consumer has it, or a range of records that are gone. Immutable. */
final class Fetched {
  private static final byte[] NONE = {};
  private static final int FIXED_BYTES = 18;

  private final int partition;
  private final long place;
  private final long nextPlace;
  private final int readings;
  private final byte[] chunk;
  private final long appendedMicros;

  private Fetched(
      int partition, long place, long nextPlace, int readings, byte[] chunk, long appendedMicros) {
    this.partition = partition;
    this.place = place;
    this.nextPlace = nextPlace;
    this.readings = readings;
    this.chunk = chunk;
    this.appendedMicros = appendedMicros;
  }

  /** The records from one place to another, which nobody can count any more: one reading each. */
  static Fetched gap(int partition, long from, long to) {
    int records = (int) Math.min(Integer.MAX_VALUE, to - from);
    return new Fetched(partition, from, to, records, NONE, 0);
  }

  /**
   * A record with this value; one that is not of this format is as good as gone.
   *
   * @param readings as its header has it
   */
  static Fetched record(
      int partition, long place, int readings, byte[] value, long appendedMicros) {
    boolean readable = readings > 0 && holds(value, readings);
    return new Fetched(
        partition,
        place,
        place + 1,
        Math.max(1, readings),
        readable ? value : NONE,
        appendedMicros);
  }

  int partition() {
    return partition;
  }

  /** Its offset; of a range, that of the first record. */
  long place() {
    return place;
  }

  long nextPlace() {
    return nextPlace;
  }

  int readings() {
    return readings;
  }

  int bytes() {
    return chunk.length;
  }

  /** When it was appended, microseconds since the epoch. */
  long appendedMicros() {
    return appendedMicros;
  }

  boolean isLost() {
    return chunk.length == 0;
  }

  /** Adds readings [skip, skip + limit) to the batch. */
  void decode(ReadingBatch batch, int skip, int limit) {
    batch.decode(chunk, 0, chunk.length, readings, skip, limit);
  }

  /** Whether these bytes are so many readings, the first of them with both names. */
  private static boolean holds(byte[] value, int readings) {
    int at = 0;
    for (int i = 0; i < readings; i++) {
      if (at + FIXED_BYTES > value.length || (i == 0 && (value[0] == 0 || value[1] == 0))) {
        return false;
      }
      at += FIXED_BYTES + (value[at] & 0xff) + (value[at + 1] & 0xff);
    }
    return at == value.length;
  }
}
