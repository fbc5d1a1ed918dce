package dev.sluice.journal.disk;

import static dev.sluice.journal.disk.Readings.append;
import static dev.sluice.journal.disk.Readings.firstOffset;
import static dev.sluice.journal.disk.Readings.numbers;
import static dev.sluice.journal.disk.Readings.readAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.journal.JournalConfig;
import dev.sluice.journal.JournalConfig.Ack;
import dev.sluice.journal.Progress;
import dev.sluice.journal.disk.FaultyDisk.Op;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A cursor that comes, goes and comes again while another one stays. */
class CursorChangeTest {
  private static final Path DIRECTORY = Path.of("/journal");
  private static final Path CURSORS = DIRECTORY.resolve("cursors");

  private final FaultyDisk disk = new FaultyDisk(1);
  private DiskJournal journal;

  @BeforeEach
  void open() throws IOException {
    journal =
        DiskJournal.open(
            new JournalConfig(DIRECTORY, Ack.FSYNC, Duration.ofDays(1), 64 << 20, 1 << 20),
            InstantSource.system(),
            disk);
  }

  @AfterEach
  void close() {
    journal.close();
  }

  @Test
  void beginsAtTheEndAndHoldsSegmentsFromThere() throws IOException {
    Cursor stays = journal.cursor("stays");
    append(journal, 0, 50_000);

    Cursor late = journal.cursorAtEnd("late");

    assertThat(late.state()).isEqualTo(Progress.at(50_000));
    append(journal, 50_000, 250_000);
    stays.advance(stays.state().plusDelivered(250_000));
    assertThat(journal.stats().firstOffset()).isPositive().isLessThanOrEqualTo(50_000);
    assertThat(readAll(journal, 50_000)).isEqualTo(numbers(50_000, 250_000));
  }

  @Test
  void isFoundAgainAfterAPowerCut() throws IOException {
    append(journal, 0, 1_000);
    journal.cursorAtEnd("late");

    restartAfterAPowerCut();

    assertThat(journal.cursor("late").state()).isEqualTo(Progress.at(1_000));
  }

  @Test
  void replacesAnOlderOneWhetherOpenOrNot() throws IOException {
    append(journal, 0, 1_000);
    Cursor first = journal.cursor("late");
    first.advance(first.state().plusDelivered(400).plusLost(100));

    Cursor second = journal.cursorAtEnd("late");

    assertThat(second.state()).isEqualTo(Progress.at(1_000));
    assertThat(journal.cursor("late")).isSameAs(second);
    assertThatThrownBy(() -> first.advance(first.state().plusDelivered(1)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("late");
    restartAfterAPowerCut();
    append(journal, 1_000, 2_000);
    assertThat(journal.cursorAtEnd("late").state()).isEqualTo(Progress.at(2_000));
  }

  @Test
  void letsSegmentsGoAtOnceWhenForgotten() throws IOException {
    Cursor stays = journal.cursor("stays");
    Cursor late = journal.cursorAtEnd("late");
    append(journal, 0, 200_000);
    stays.advance(stays.state().plusDelivered(200_000));
    assertThat(journal.stats().firstOffset()).isZero();

    journal.forgetCursor("late");

    assertThat(journal.stats().firstOffset()).isPositive();
    assertThat(disk.list(CURSORS)).containsExactly("stays.cursor");
    assertThatThrownBy(() -> late.advance(late.state())).isInstanceOf(IOException.class);
    assertThat(disk.clean(CURSORS)).isTrue();
  }

  @Test
  void forgetsNothingWhereThereIsNothing() throws IOException {
    journal.forgetCursor("late");
    journal.forgetCursor("late");

    assertThat(disk.list(CURSORS)).isEmpty();
  }

  @Test
  void doesNoHarmAsAFileThatNobodyOpens() throws IOException {
    journal.cursor("stays");
    append(journal, 0, 100);
    journal.cursorAtEnd("late");
    restartAfterAPowerCut();

    Cursor stays = journal.cursor("stays");
    append(journal, 100, 200_000);
    stays.advance(stays.state().plusDelivered(200_000));

    assertThat(journal.stats().firstOffset()).isGreaterThan(100);
    Cursor again = journal.cursorAtEnd("late");
    assertThat(again.state()).isEqualTo(Progress.at(200_000));
    assertThat(readAll(journal, again.state().offset())).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(
      value = Op.class,
      names = {"WRITE", "FORCE", "CREATE", "RENAME", "SYNC_DIRECTORY"})
  void isTheOldOneOrTheNewOneWhereverTheProcessDies(Op op) throws IOException {
    Cursor old = journal.cursor("late");
    append(journal, 0, 1_000);
    old.advance(old.state().plusDelivered(300));

    disk.dieAt(op, 1);
    assertThatThrownBy(() -> journal.cursorAtEnd("late")).isInstanceOf(IOException.class);
    restartAfterAPowerCut();

    assertThat(journal.cursor("late").state())
        .isIn(Progress.at(0).plusDelivered(300), Progress.at(1_000));
    append(journal, 1_000, 1_001);
    assertThat(journal.cursorAtEnd("late").state()).isEqualTo(Progress.at(1_001));
  }

  @ParameterizedTest
  @EnumSource(
      value = Op.class,
      names = {"WRITE", "FORCE", "CREATE", "RENAME", "SYNC_DIRECTORY"})
  void canBeAskedForAgainWhenTheDiskRefused(Op op) throws IOException {
    journal.cursor("stays");
    append(journal, 0, 1_000);

    disk.fail(op, 1);
    assertThatThrownBy(() -> journal.cursorAtEnd("late")).isInstanceOf(IOException.class);
    disk.heal();

    assertThat(journal.cursorAtEnd("late").state()).isEqualTo(Progress.at(1_000));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void mayComeBackUnharmedWhereForgettingItFailed(boolean die) throws IOException {
    journal.cursor("stays");
    journal.cursorAtEnd("late");
    append(journal, 0, 1_000);

    if (die) {
      disk.dieAt(Op.SYNC_DIRECTORY, 1);
    } else {
      disk.fail(Op.DELETE, 1);
    }
    assertThatThrownBy(() -> journal.forgetCursor("late")).isInstanceOf(IOException.class);
    restartAfterAPowerCut();

    assertThat(journal.stats().nextOffset()).isEqualTo(1_000);
    assertThat(journal.cursorAtEnd("late").state()).isEqualTo(Progress.at(1_000));
  }

  @Test
  void refusesOnceTheJournalIsClosed() {
    journal.close();

    assertThatThrownBy(() -> journal.cursorAtEnd("late")).hasMessageContaining("closed");
    assertThatThrownBy(() -> journal.forgetCursor("late")).hasMessageContaining("closed");
    assertThat(disk.list(CURSORS)).isEmpty();
  }

  @Test
  void missesNothingAndLosesNothingWhileAppendsAndAnotherCursorRaceOn() throws Exception {
    Cursor stays = journal.cursor("stays");
    AtomicBoolean stop = new AtomicBoolean();
    AtomicLong acknowledged = new AtomicLong();
    Thread appends =
        Thread.ofPlatform()
            .start(() -> {
              for (long n = 0; !stop.get(); n += 2_000) {
                acknowledged.set(firstOffset(append(journal, n, n + 2_000)) + 2_000);
                try {
                  long end = journal.stats().nextOffset();
                  stays.advance(stays.state().plusDelivered(end - stays.state().offset()));
                } catch (IOException e) {
                  throw new AssertionError(e);
                }
              }
            });

    for (int i = 0; i < 200 || journal.stats().firstOffset() < 200_000; i++) {
      long before = acknowledged.get();
      Cursor late = journal.cursorAtEnd("late");
      long origin = late.state().offset();
      assertThat(origin).isGreaterThanOrEqualTo(before);
      assertThat(journal.stats().firstOffset()).isLessThanOrEqualTo(origin);
      if (i % 2 == 0) {
        journal.forgetCursor("late");
      }
    }
    stop.set(true);
    appends.join();
  }

  private void restartAfterAPowerCut() throws IOException {
    disk.powerCut();
    journal.close();
    open();
  }
}
