package dev.sluice.migration.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.migration.Pulse;
import dev.sluice.migration.Pulse.CancelledException;
import dev.sluice.reading.Identity;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.store.ReadingScan;
import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.store.ReadingStream;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class AheadTest {
  private static final int MOST_AHEAD = 3 * 8_192;
  private static final Pulse NONE = rows -> {};

  private final Store store = new Store();

  @AfterEach
  void goOn() {
    store.goOn.countDown();
  }

  @Test
  void handsOverEveryReadingInOrder() throws Exception {
    store.readings = 2 * MOST_AHEAD + 17;

    long expected = 0;
    try (Ahead ahead = Ahead.start(store, Pieces.whole(0, Long.MAX_VALUE), 0)) {
      Optional<ReadingBatch> block = ahead.next(Optional.empty(), NONE);
      while (block.isPresent()) {
        ReadingBatch readings = block.orElseThrow();
        assertThat(readings.size()).isPositive();
        for (int i = 0; i < readings.size(); i++) {
          assertThat(readings.reading(i))
              .isEqualTo(new Reading("d" + expected % 7, "temp", expected, expected));
          expected++;
        }
        block = ahead.next(block, NONE);
      }
    }

    assertThat(expected).isEqualTo(store.readings);
    assertThat(store.closed.getCount()).isZero();
  }

  @Test
  void readsOnlySoFarAheadAndEndsWhenClosed() throws Exception {
    store.readings = Long.MAX_VALUE;

    Ahead ahead = Ahead.start(store, Pieces.whole(0, Long.MAX_VALUE), 0);
    await()
        .until(() ->
            store.read.get() == MOST_AHEAD && store.reader.getState() == Thread.State.WAITING);
    ahead.close();

    assertThat(store.read.get()).isEqualTo(MOST_AHEAD);
    assertThat(store.closed.getCount()).isZero();
  }

  @Test
  void passesOnThatTheStoreBrokeOffAfterWhatItHadRead() throws Exception {
    store.readings = Long.MAX_VALUE;
    store.breaksAt = 8_192 + 5;

    try (Ahead ahead = Ahead.start(store, Pieces.whole(0, Long.MAX_VALUE), 0)) {
      Optional<ReadingBatch> first = ahead.next(Optional.empty(), NONE);
      assertThat(first.orElseThrow().size()).isEqualTo(8_192);
      assertThatThrownBy(() -> ahead.next(first, NONE))
          .isInstanceOf(UnavailableException.class)
          .hasMessage("broke off");
    }

    assertThat(store.closed.getCount()).isZero();
  }

  @Test
  void canBeCancelledWhileTheStoreDoesNotAnswer() throws Exception {
    store.readings = 10;
    store.silentAt = 5;

    try (Ahead ahead = Ahead.start(store, Pieces.whole(0, Long.MAX_VALUE), 0)) {
      assertThatThrownBy(() ->
              ahead.next(
                  Optional.empty(),
                  rows -> {
                    throw new CancelledException();
                  }))
          .isInstanceOf(CancelledException.class);
      store.goOn.countDown();
    }

    assertThat(store.closed.await(30, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void reportsAReaderThatFails() throws Exception {
    store.readings = 10;
    store.failsAt = 3;

    try (Ahead ahead = Ahead.start(store, Pieces.whole(0, Long.MAX_VALUE), 0)) {
      assertThatThrownBy(() -> ahead.next(Optional.empty(), NONE))
          .hasMessage("verify-fake failed")
          .hasRootCauseMessage("a mistake");
    }
  }

  /** Readings one microsecond apart; counts those that were read. */
  private static final class Store implements ReadingScan {
    final AtomicLong read = new AtomicLong();
    final CountDownLatch goOn = new CountDownLatch(1);
    final CountDownLatch closed = new CountDownLatch(1);
    volatile Thread reader = Thread.currentThread();
    volatile long readings;
    volatile long breaksAt = -1;
    volatile long silentAt = -1;
    volatile long failsAt = -1;

    @Override
    public String name() {
      return "fake";
    }

    @Override
    public ReadingStream scan(long fromMicros, long toMicros) {
      return new Rows();
    }

    @Override
    public List<Reading> find(Collection<Identity> identities) {
      throw new UnsupportedOperationException();
    }

    private final class Rows implements ReadingStream {
      private long at = -1;

      @Override
      public boolean next() throws UnavailableException {
        reader = Thread.currentThread();
        at++;
        if (at == breaksAt) {
          throw new UnavailableException("broke off", null);
        }
        if (at == failsAt) {
          throw new IllegalStateException("a mistake");
        }
        if (at == silentAt) {
          try {
            goOn.await();
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
        }
        if (at < readings) {
          read.incrementAndGet();
          return true;
        }
        return false;
      }

      @Override
      public long tsMicros() {
        return at;
      }

      @Override
      public String device() {
        return "d" + at % 7;
      }

      @Override
      public String metric() {
        return "temp";
      }

      @Override
      public double value() {
        return at;
      }

      @Override
      public void close() {
        closed.countDown();
      }
    }
  }
}
