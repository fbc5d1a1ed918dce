package dev.sluice.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.reading.ReadingBatch;
import dev.sluice.store.Sink;
import dev.sluice.store.WriteResult;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class LeasedSinkTest {
  private final AtomicBoolean holds = new AtomicBoolean(true);
  private final Store store = new Store();
  private final Sink sink = new LeasedSink(store, holds::get);

  @Test
  void writesOnlyWhileTheLeaseHolds() {
    assertThat(sink.write(new ReadingBatch())).isEqualTo(WriteResult.Written.DURABLE);

    holds.set(false);

    assertThat(sink.write(new ReadingBatch()))
        .isInstanceOfSatisfying(
            WriteResult.Unavailable.class,
            refused -> assertThat(refused.reason()).contains("may not write to it now"));
    assertThat(store.writes).isOne();
  }

  @Test
  void isTheSinkOtherwise() {
    assertThat(sink.name()).isEqualTo("store");
    assertThat(sink.maxBatch()).isEqualTo(7);
    assertThat(sink.keepsTimeOrder()).isTrue();

    sink.close();

    assertThat(store.closed).isTrue();
  }

  private static final class Store implements Sink {
    private int writes;
    private boolean closed;

    @Override
    public String name() {
      return "store";
    }

    @Override
    public int maxBatch() {
      return 7;
    }

    @Override
    public boolean keepsTimeOrder() {
      return true;
    }

    @Override
    public WriteResult write(ReadingBatch batch) {
      writes++;
      return WriteResult.Written.DURABLE;
    }

    @Override
    public void close() {
      closed = true;
    }
  }
}
