package dev.sluice.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.reading.Reading;
import dev.sluice.store.WriteResult;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VisibleLagTest {
  @TempDir Path data;

  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);
  private MigrationRig rig;
  private VisibleLag lag;

  @BeforeEach
  void open() {
    rig = new MigrationRig(data);
    rig.start();
    lag = new VisibleLag(rig, nanos::get);
  }

  @AfterEach
  void close() {
    lag.close();
    rig.close();
  }

  @Test
  void isAsOldAsTheOldestReadingThatIsNotDelivered() {
    rig.questDb.answer = batch -> new WriteResult.Busy("behind");
    append();
    lag.sample();
    pass(3);
    lag.sample();
    pass(4);

    assertThat(lag.current()).isEqualTo(Duration.ofSeconds(7));
    assertThat(lag.p99()).isEqualTo(Duration.ofSeconds(7));
  }

  @Test
  void countsUntilWhatIsDeliveredIsAppliedToo() {
    rig.questDb.applyLag = Duration.ofHours(1);
    append();
    await().until(rig::settled);
    lag.sample();
    pass(5);
    lag.sample();
    assertThat(lag.current()).isEqualTo(Duration.ofSeconds(5));

    rig.questDb.applyLag = Duration.ZERO;
    pass(1);
    lag.sample();

    assertThat(lag.current()).isZero();
    assertThat(lag.p99()).isEqualTo(Duration.ofSeconds(6));
  }

  @Test
  void growsWhileTheTableIsSuspendedOrTheStoreDoesNotAnswer() {
    rig.questDb.suspended = true;
    append();
    await().until(rig::settled);
    lag.sample();
    pass(2);
    lag.sample();
    assertThat(lag.current()).isEqualTo(Duration.ofSeconds(2));

    rig.questDb.away = true;
    pass(2);
    lag.sample();

    assertThat(lag.current()).isEqualTo(Duration.ofSeconds(4));
  }

  @Test
  void forgetsWhatATableThatIsNoMoreWasToApply() {
    rig.questDb.applyLag = Duration.ofHours(1);
    append();
    await().until(rig::settled);
    lag.sample();
    pass(5);
    rig.questDb.makeAnew();

    lag.sample();

    assertThat(lag.current()).isZero();
  }

  @Test
  void forgetsWhatIsOlderThanAMinute() {
    rig.questDb.applyLag = Duration.ofHours(1);
    append();
    await().until(rig::settled);
    lag.sample();
    pass(9);
    rig.questDb.applyLag = Duration.ZERO;
    lag.sample();
    assertThat(lag.p99()).isEqualTo(Duration.ofSeconds(9));

    pass(61);
    lag.sample();

    assertThat(lag.p99()).isZero();
  }

  @Test
  void isNoneWhileQuestDbIsNotWritten() {
    rig.questDb.answer = batch -> new WriteResult.Busy("behind");
    append();
    lag.sample();
    pass(3);
    rig.pair = Optional.empty();

    lag.sample();

    assertThat(lag.current()).isZero();
    assertThat(lag.p99()).isZero();
  }

  @Test
  void samplesByItself() {
    rig.questDb.answer = batch -> new WriteResult.Busy("behind");
    append();

    lag.start();

    await()
        .until(() -> {
          pass(1);
          return lag.current().compareTo(Duration.ofSeconds(2)) > 0;
        });
  }

  private void append() {
    rig.append(new Reading("live", "temp", 1, 1));
  }

  private void pass(int seconds) {
    nanos.addAndGet(Duration.ofSeconds(seconds).toNanos());
  }
}
