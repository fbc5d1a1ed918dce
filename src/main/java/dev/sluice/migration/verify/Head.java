package dev.sluice.migration.verify;

import dev.sluice.reading.Identity;
import dev.sluice.store.ReadingScan;
import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.store.ReadingStream;
import org.jspecify.annotations.Nullable;

/**
 * The current reading of a store's stream; each name is read from the stream only once. Confined to
 * one thread.
 */
final class Head implements AutoCloseable {
  /** The ts after the last reading; no reading has it. */
  static final long END = Long.MAX_VALUE;

  private final ReadingStream stream;
  private long tsMicros;
  private @Nullable String device;
  private @Nullable String metric;
  private long rows;

  private Head(ReadingStream stream) {
    this.stream = stream;
  }

  /** Opens a stream, positioned at its first reading. */
  static Head open(ReadingScan scan, long fromMicros, long toMicros) throws UnavailableException {
    Head head = new Head(scan.scan(fromMicros, toMicros));
    try {
      head.advance();
      return head;
    } catch (UnavailableException | RuntimeException e) {
      head.close();
      throw e;
    }
  }

  void advance() throws UnavailableException {
    device = null;
    metric = null;
    if (stream.next()) {
      tsMicros = stream.tsMicros();
      rows++;
    } else {
      tsMicros = END;
    }
  }

  /** Skips the remaining readings of this ts; returns how many further readings were reached. */
  long skip(long ts) throws UnavailableException {
    long before = rows;
    while (tsMicros == ts) {
      advance();
    }
    return rows - before;
  }

  long tsMicros() {
    return tsMicros;
  }

  /** Readings reached so far. */
  long rows() {
    return rows;
  }

  double value() {
    return stream.value();
  }

  Identity identity() {
    return new Identity(device(), metric(), tsMicros);
  }

  /** Whether both are at the same reading, with the same value. */
  boolean same(Head other) {
    return tsMicros == other.tsMicros
        && Difference.sameBits(value(), other.value())
        && device().equals(other.device())
        && metric().equals(other.metric());
  }

  private String device() {
    String name = device;
    if (name == null) {
      name = stream.device();
      device = name;
    }
    return name;
  }

  private String metric() {
    String name = metric;
    if (name == null) {
      name = stream.metric();
      metric = name;
    }
    return name;
  }

  @Override
  public void close() {
    stream.close();
  }
}
