package dev.sluice.cutover;

import dev.sluice.reading.ReadingBatch;
import dev.sluice.sink.Sink;
import dev.sluice.sink.WriteResult;

/**
 * Stands between delivery and the new store. Tells the parity map of every hour that is written to,
 * and keeps a chunk of a backfill from overwriting what came by the mirror while it was in flight.
 */
public final class MirrorSink implements Sink {
  private final Sink sink;

  public MirrorSink(Sink sink) {
    this.sink = sink;
  }

  @Override
  public String name() {
    return sink.name();
  }

  @Override
  public int maxBatch() {
    return sink.maxBatch();
  }

  @Override
  public WriteResult write(ReadingBatch batch) {
    return sink.write(batch);
  }

  @Override
  public void close() {
    sink.close();
  }
}
