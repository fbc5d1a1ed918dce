package dev.sluice.server;

import dev.sluice.journal.Lease;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.store.Sink;
import dev.sluice.store.WriteResult;
import java.io.IOException;
import java.util.Set;

/**
 * Writes to a store only while this process may: whoever leads after it must not find older values
 * written over newer ones. Thread-safe as far as the sink is.
 */
record LeasedSink(Sink sink, Lease lease) implements Sink {
  @Override
  public String name() {
    return sink.name();
  }

  @Override
  public int maxBatch() {
    return sink.maxBatch();
  }

  @Override
  public boolean keepsTimeOrder() {
    return sink.keepsTimeOrder();
  }

  @Override
  public WriteResult write(ReadingBatch batch) {
    return sink.write(batch, lease::holds);
  }

  @Override
  public void endWritesOf(Set<String> processes) throws IOException {
    sink.endWritesOf(processes);
  }

  @Override
  public void endWritesOfOthers() throws IOException {
    sink.endWritesOfOthers();
  }

  @Override
  public void close() {
    sink.close();
  }
}
