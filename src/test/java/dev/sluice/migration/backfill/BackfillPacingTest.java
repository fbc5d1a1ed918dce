package dev.sluice.migration.backfill;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.store.History.Position;
import dev.sluice.store.History.RowClass;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** How fast a backfill goes: its pace, the size of its chunks, and when a limit is kept again. */
class BackfillPacingTest {
  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);

  @Test
  void spreadsRowsOverTimeWithoutCatchingUp() {
    Pace pace = new Pace(1_000, nanos::get);
    assertThat(pace.toWait()).isZero();

    pace.took(250);
    assertThat(pace.toWait()).isEqualTo(Duration.ofMillis(250));
    pass(10_000);
    assertThat(pace.toWait()).isZero();
    pace.took(100);

    assertThat(pace.toWait()).isEqualTo(Duration.ofMillis(100));
    assertThat(pace.atMost(50_000)).isEqualTo(250);
  }

  @Test
  void takesANewPaceAtOnce() {
    Pace pace = new Pace(1, nanos::get);
    pace.took(3_600);
    assertThat(pace.toWait()).isGreaterThan(Duration.ofMinutes(59));

    pace.limit(1_000);
    assertThat(pace.toWait()).isZero();
    pace.took(100);
    assertThat(pace.toWait()).isEqualTo(Duration.ofMillis(100));
    pace.limit(0);

    assertThat(pace.toWait()).isZero();
    assertThat(pace.atMost(50_000)).isEqualTo(50_000);
  }

  @Test
  void makesChunksAsLargeAsTheyStayShort() {
    ChunkSize size = new ChunkSize(50_000);
    assertThat(size.rows()).isEqualTo(5_000);
    for (int i = 0; i < 20; i++) {
      size.took(Duration.ofMillis(50));
    }
    assertThat(size.rows()).isEqualTo(50_000);

    size.took(Duration.ofMillis(200));
    assertThat(size.rows()).isEqualTo(50_000);
    size.took(Duration.ofMillis(251));
    assertThat(size.rows()).isEqualTo(25_000);
    for (int i = 0; i < 20; i++) {
      size.tooMuch();
    }

    assertThat(size.rows()).isEqualTo(100);
  }

  @Test
  void keepsALimitOnlyWellBelowAndNotAtOnce() {
    Limit limit = new Limit();
    assertThat(limit.passed(100, 100, nanos.get())).isFalse();
    assertThat(limit.passed(101, 100, nanos.get())).isTrue();
    pass(999);
    assertThat(limit.passed(0, 100, nanos.get())).isTrue();
    pass(1);
    assertThat(limit.passed(81, 100, nanos.get())).isTrue();
    assertThat(limit.passed(80, 100, nanos.get())).isFalse();

    assertThat(limit.passed(81, 100, nanos.get())).isFalse();
  }

  @Test
  void letsALimitOfOneStatementBeKept() {
    Limit limit = new Limit();
    assertThat(limit.passed(2, 1, nanos.get())).isTrue();
    pass(1_000);

    assertThat(limit.passed(1, 1, nanos.get())).isFalse();
  }

  @Test
  void addsUpWhatBecameOfRows() {
    Checkpoint at =
        Checkpoint.START.plus(new Position(7, 3), 10, 4, 2, 1, new Seen(20, 5, Findings.NONE));

    assertThat(at.done()).isEqualTo(17);
    Findings more = Findings.NONE.plus(RowClass.DUPLICATE, false);
    assertThat(at.plus(new Position(8, 1), 1, 1, 1, 1, new Seen(3, 30, more)))
        .isEqualTo(new Checkpoint(new Position(8, 1), 11, 5, 3, 2, new Seen(23, 5, more)));
  }

  private void pass(int millis) {
    nanos.addAndGet(Duration.ofMillis(millis).toNanos());
  }
}
