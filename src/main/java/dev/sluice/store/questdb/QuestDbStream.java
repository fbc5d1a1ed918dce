package dev.sluice.store.questdb;

import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.store.ReadingStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** The rows of a cursor that are readings. Confined to one thread. */
final class QuestDbStream implements ReadingStream {
  private final RowCursor rows;
  private final EndCheck end;
  private long tsMicros;
  private byte[] device = new byte[0];
  private String metric = "";
  private byte[] metricBytes = new byte[0];
  private boolean metricAllowed;
  private double value;

  QuestDbStream(RowCursor rows, EndCheck end) {
    this.rows = rows;
    this.end = end;
  }

  /** Asked after the last row. */
  @FunctionalInterface
  interface EndCheck {
    /** Fails if the rows were not all there are. */
    void check() throws IOException;
  }

  @Override
  public boolean next() throws UnavailableException {
    try {
      while (rows.next()) {
        if (isReading()) {
          return true;
        }
      }
      end.check();
      return false;
    } catch (IOException e) {
      close();
      throw QuestDbReadings.unavailable(e);
    }
  }

  @Override
  public int read(ReadingBatch into, int most) throws UnavailableException {
    int added = 0;
    while (added < most && next()) {
      into.add(device, metricBytes, tsMicros, value);
      added++;
    }
    return added;
  }

  private boolean isReading() {
    value = rows.value();
    if (!Double.isFinite(value)) {
      return false;
    }
    tsMicros = rows.tsMicros();
    device = rows.device();
    String name = rows.metric();
    if (!name.equals(metric)) {
      metric = name;
      metricBytes = name.getBytes(StandardCharsets.UTF_8);
      metricAllowed = Reading.isMetric(metricBytes);
    }
    return metricAllowed && Reading.isDevice(device);
  }

  @Override
  public long tsMicros() {
    return tsMicros;
  }

  @Override
  public String device() {
    return new String(device, StandardCharsets.UTF_8);
  }

  @Override
  public String metric() {
    return metric;
  }

  @Override
  public double value() {
    return value;
  }

  @Override
  public void close() {
    rows.close();
  }
}
