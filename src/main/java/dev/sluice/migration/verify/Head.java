package dev.sluice.migration.verify;

import dev.sluice.migration.Pulse;
import dev.sluice.migration.Pulse.CancelledException;
import dev.sluice.reading.Identity;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.store.ReadingScan;
import dev.sluice.store.ReadingSource.UnavailableException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The current reading of a store's lanes, as bytes. Confined to one thread. */
final class Head implements AutoCloseable {
  /** The ts after the last reading; no reading has it. */
  static final long END = Long.MAX_VALUE;

  private final Pieces pieces;
  private final Pulse pulse;
  private final List<Ahead> lanes = new ArrayList<>();
  private int piece;
  private Optional<ReadingBatch> handed = Optional.empty();
  private ReadingBatch block = new ReadingBatch();
  private int at = -1;
  private long tsMicros;
  private long rows;

  private Head(Pieces pieces, Pulse pulse) {
    this.pieces = pieces;
    this.pulse = pulse;
  }

  /** Opens streams; their first reading is the one after {@link #advance()}. */
  static Head open(ReadingScan scan, Pieces pieces, Pulse pulse) throws UnavailableException {
    Head head = new Head(pieces, pulse);
    boolean opened = false;
    try {
      for (int lane = 0; lane < Math.min(pieces.lanes(), pieces.count()); lane++) {
        head.lanes.add(Ahead.start(scan, pieces, lane));
      }
      opened = true;
      return head;
    } finally {
      if (!opened) {
        head.close();
      }
    }
  }

  void advance() throws UnavailableException, CancelledException {
    at++;
    if (at >= block.size() && !turn()) {
      tsMicros = END;
      return;
    }
    tsMicros = block.tsMicros(at);
    rows++;
  }

  /** Moves to the next block; false after the last one. */
  private boolean turn() throws UnavailableException, CancelledException {
    at = 0;
    while (piece < pieces.count()) {
      handed = lanes.get(piece % lanes.size()).next(handed, pulse);
      if (handed.isPresent()) {
        block = handed.orElseThrow();
        return true;
      }
      piece++;
    }
    block = new ReadingBatch();
    return false;
  }

  /** Skips the remaining readings of this ts; returns how many further readings were reached. */
  long skip(long ts) throws UnavailableException, CancelledException {
    long before = rows;
    while (tsMicros == ts) {
      advance();
    }
    return rows - before;
  }

  long tsMicros() {
    return tsMicros;
  }

  /** Readings reached so far, the current one included. */
  long rows() {
    return rows;
  }

  double value() {
    return block.value(at);
  }

  Identity identity() {
    return new Identity(
        text(block.deviceAt(at), deviceLength()),
        text(block.metricAt(at), metricLength()),
        tsMicros);
  }

  private String text(int from, int length) {
    return new String(block.bytes(), from, length, StandardCharsets.UTF_8);
  }

  int deviceLength() {
    return block.deviceLength(at);
  }

  int metricLength() {
    return block.metricLength(at);
  }

  /** Hashes the names; not the hash that differences are ordered by. */
  int hash() {
    byte[] bytes = block.bytes();
    int hash = 0;
    int from = block.deviceAt(at);
    for (int i = from; i < from + deviceLength(); i++) {
      hash = 31 * hash + bytes[i];
    }
    from = block.metricAt(at);
    for (int i = from; i < from + metricLength(); i++) {
      hash = 31 * hash + bytes[i];
    }
    hash *= 0x9e3779b9;
    return hash ^ hash >>> 16;
  }

  /** Copies the device, and the metric behind it. */
  void copyNames(byte[] to, int where) {
    System.arraycopy(block.bytes(), block.deviceAt(at), to, where, deviceLength());
    System.arraycopy(block.bytes(), block.metricAt(at), to, where + deviceLength(), metricLength());
  }

  /** Whether these are the device, and the metric behind it. */
  boolean isNamed(byte[] names, int where, int deviceBytes, int metricBytes) {
    return sameSpan(block.deviceAt(at), deviceLength(), names, where, deviceBytes)
        && sameSpan(block.metricAt(at), metricLength(), names, where + deviceBytes, metricBytes);
  }

  /** Whether both are at the same reading, with the same value. */
  boolean same(Head other) {
    return tsMicros == other.tsMicros
        && Difference.sameBits(value(), other.value())
        && sameSpan(
            block.deviceAt(at),
            deviceLength(),
            other.block.bytes(),
            other.block.deviceAt(other.at),
            other.deviceLength())
        && sameSpan(
            block.metricAt(at),
            metricLength(),
            other.block.bytes(),
            other.block.metricAt(other.at),
            other.metricLength());
  }

  private boolean sameSpan(int from, int length, byte[] others, int otherFrom, int otherLength) {
    return length == otherLength
        && Arrays.equals(
            block.bytes(), from, from + length, others, otherFrom, otherFrom + otherLength);
  }

  /** Asks the streams to end, without waiting for them. */
  void stop() {
    lanes.forEach(Ahead::stop);
  }

  /** Returns once the streams are closed. */
  @Override
  public void close() {
    stop();
    lanes.forEach(Ahead::close);
  }
}
