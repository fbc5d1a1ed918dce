package dev.sluice.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.reading.ReadingBatch;
import dev.sluice.store.Sink;
import dev.sluice.store.WritePermit;
import dev.sluice.store.WriteResult;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ClosableSinkTest {
  private final CountDownLatch writing = new CountDownLatch(1);
  private final CountDownLatch mayEnd = new CountDownLatch(1);
  private final AtomicInteger closed = new AtomicInteger();
  private final ClosableSink sink = new ClosableSink(new SlowSink());

  @Test
  void closesOnlyOnceTheRunningWriteHasEnded() throws Exception {
    FutureTask<WriteResult> write = new FutureTask<>(() -> sink.write(new ReadingBatch()));
    Thread.ofPlatform().start(write);
    writing.await();

    Thread closing = Thread.ofPlatform().start(sink::close);
    await().until(() -> closing.getState() == Thread.State.WAITING);
    assertThat(closed).hasValue(0);
    mayEnd.countDown();

    assertThat(write.get(120, TimeUnit.SECONDS)).isEqualTo(WriteResult.Written.DURABLE);
    closing.join();
    assertThat(closed).hasValue(1);
  }

  @Test
  void writesNothingThatIsNotPermitted() {
    assertThat(sink.write(new ReadingBatch(), () -> false))
        .isEqualTo(new WriteResult.Unavailable(WritePermit.GONE));
    assertThat(writing.getCount()).isEqualTo(1);
  }

  @Test
  void takesNothingOnceClosedAndClosesOnce() {
    sink.close();
    sink.close();

    assertThat(sink.write(new ReadingBatch())).isInstanceOf(WriteResult.Unavailable.class);
    assertThat(closed).hasValue(1);
    assertThat(writing.getCount()).isEqualTo(1);
  }

  private final class SlowSink implements Sink {
    @Override
    public String name() {
      return "slow";
    }

    @Override
    public int maxBatch() {
      return 1;
    }

    @Override
    public WriteResult write(ReadingBatch batch) {
      writing.countDown();
      try {
        mayEnd.await();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
      return WriteResult.Written.DURABLE;
    }

    @Override
    public void close() {
      closed.incrementAndGet();
    }
  }
}
