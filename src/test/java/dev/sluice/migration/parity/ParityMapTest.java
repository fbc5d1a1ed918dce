package dev.sluice.migration.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.HourCounts;
import dev.sluice.api.MismatchCounts;
import dev.sluice.api.ParityHour;
import dev.sluice.migration.ParityWorld;
import dev.sluice.migration.Since;
import dev.sluice.migration.SteppedClock;
import dev.sluice.migration.Successor;
import dev.sluice.migration.SuccessorInMemory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ParityMapTest {
  private static final long HOUR = ParityWorld.HOUR;
  private static final long NEXT = HOUR + Hours.HOUR_MICROS;
  private static final Duration LONG = Duration.ofMinutes(15);
  private static final MismatchCounts ONE = MismatchClass.VALUE.one();

  @TempDir Path directory;

  private final SteppedClock clock = new SteppedClock();
  private ParityMap map;

  @BeforeEach
  void open() throws IOException {
    map = ParityMap.open(directory, Successor.NOBODY, clock);
    map.belongTo(7);
  }

  @Test
  void remembersEveryStateOverARestart() throws IOException {
    map.verified(HOUR, 10, 10, MismatchCounts.NONE);
    map.verified(NEXT, 10, 11, new MismatchCounts(1, 2, 3, 4));
    map.verified(NEXT + Hours.HOUR_MICROS, 5, 5, MismatchCounts.NONE);
    clock.step(Duration.ofSeconds(3));
    map.hourWritten(NEXT + Hours.HOUR_MICROS);
    map.hourWritten(0);
    map.passCompleted();
    List<ParityHour> before = shown();

    open();

    assertThat(shown()).isEqualTo(before);
    assertThat(hours())
        .extracting(HourParity::state)
        .containsExactly("unverified", "matched", "mismatched", "dirty");
    assertThat(map.hour(NEXT).orElseThrow().mismatches()).isEqualTo(new MismatchCounts(1, 2, 3, 4));
    assertThat(map.completePassAt()).contains(clock.instant());
    assertThat(map.hour(0).orElseThrow().dirtySince().orElseThrow().at())
        .isEqualTo("2026-11-22T03:00:03Z");
  }

  @Test
  void keepsAMismatchThatIsStillWrittenToAMismatch() {
    map.verified(HOUR, 10, 11, new MismatchCounts(0, 1, 0, 0));
    map.watch();

    map.hourWritten(HOUR);

    assertThat(map.hour(HOUR).orElseThrow().state()).isEqualTo("mismatched");
    assertThat(map.states().mismatched()).isOne();
    map.verified(HOUR, 11, 11, MismatchCounts.NONE);
    assertThat(map.hour(HOUR).orElseThrow().state()).isEqualTo("dirty");
  }

  @Test
  void forgetsEverythingWithOtherTables() throws IOException {
    map.verified(HOUR, 1, 1, MismatchCounts.NONE);
    map.hourWritten(HOUR);
    map.passCompleted();

    map.forget();

    assertThat(hours()).isEmpty();
    assertThat(map.objection(LONG)).get().asString().contains("not been compared as a whole");
    map = ParityMap.open(directory, Successor.NOBODY, clock);
    map.belongTo(7);
    assertThat(hours()).isEmpty();
    map.hourWritten(HOUR);
    assertThat(map.hour(HOUR).orElseThrow().state()).isEqualTo("unverified");
  }

  @Test
  void forgetsEverythingWithAnotherOrigin() throws IOException {
    map.verified(HOUR, 1, 1, MismatchCounts.NONE);
    map.passCompleted();
    map.belongTo(7);
    assertThat(hours()).hasSize(1);

    map.belongTo(8);

    assertThat(hours()).isEmpty();
    assertThat(map.objection(LONG)).get().asString().contains("not been compared as a whole");
    map = ParityMap.open(directory, Successor.NOBODY, clock);
    assertThat(hours()).isEmpty();
    map.belongTo(8);
    assertThat(map.completePassAt()).isEmpty();
  }

  @Test
  void noticesTheFirstWriteAfterAComparisonOnlyAndKeepsItBeforeTheWriteGoesOn() throws IOException {
    map.verified(HOUR, 1, 1, MismatchCounts.NONE);
    map.hourWritten(HOUR);
    long bytes = Files.size(log());
    clock.step(Duration.ofSeconds(5));

    map.hourWritten(HOUR);

    assertThat(Files.size(log())).isEqualTo(bytes);
    assertThat(map.hour(HOUR).orElseThrow().dirtySince().orElseThrow().at())
        .isEqualTo("2026-11-22T03:00:00Z");
    open();
    assertThat(map.hour(HOUR).orElseThrow().state()).isEqualTo("dirty");
  }

  @Test
  void isDirtyAfterAComparisonFromTheFirstWriteSinceItWasWatched() {
    map.hourWritten(HOUR);
    map.hourWritten(NEXT);
    map.watch();
    assertThat(map.touched(HOUR)).isFalse();
    clock.step(Duration.ofSeconds(5));
    map.hourWritten(HOUR);

    map.verified(HOUR, 1, 1, MismatchCounts.NONE);
    map.verified(NEXT, 1, 1, MismatchCounts.NONE);

    assertThat(map.hour(HOUR).orElseThrow().state()).isEqualTo("dirty");
    assertThat(map.hour(HOUR).orElseThrow().dirtySince().orElseThrow().at())
        .isEqualTo("2026-11-22T03:00:05Z");
    assertThat(map.hour(NEXT).orElseThrow().state()).isEqualTo("matched");
  }

  @Test
  void objectsUntilAllHasBeenComparedOnce() {
    map.verified(HOUR, 1, 1, MismatchCounts.NONE);

    assertThat(map.objection(LONG)).get().asString().contains("sluice verify start");

    map.passCompleted();
    assertThat(map.objection(LONG)).isEmpty();
  }

  @Test
  void objectsToAMismatchedHourAlsoWhenItWasWrittenToSince() {
    map.verified(HOUR, 1, 1, ONE);
    map.verified(NEXT, 1, 1, MismatchCounts.NONE);
    map.passCompleted();
    String objection = "the stores differ in 1 of 2 hours, the first 2026-11-20T10";
    assertThat(map.objection(LONG)).get().asString().startsWith(objection);

    map.hourWritten(HOUR);

    assertThat(map.objection(LONG)).get().asString().startsWith(objection);
  }

  @Test
  void objectsToAnHourThatHasBeenDirtyOrUnverifiedForTooLong() {
    map.verified(HOUR, 1, 1, MismatchCounts.NONE);
    map.passCompleted();
    map.hourWritten(HOUR);
    clock.step(Duration.ofSeconds(1));
    map.hourWritten(NEXT);
    assertThat(map.objection(LONG)).isEmpty();

    clock.step(LONG);
    assertThat(map.objection(LONG))
        .get()
        .asString()
        .contains("1 of 2 hours", "2026-11-20T10", "more than 900 s ago (cutover.max-dirty-age)");
    clock.step(Duration.ofSeconds(1));
    assertThat(map.objection(LONG)).get().asString().contains("2 of 2 hours");
  }

  @Test
  void objectsToHoursComparedBeforeAFlip() {
    map.verified(HOUR, 1, 1, MismatchCounts.NONE);
    map.verified(NEXT, 1, 1, MismatchCounts.NONE);
    map.passCompleted();
    Instant flip = clock.instant();
    clock.step(Duration.ofSeconds(1));
    map.verified(NEXT, 1, 1, MismatchCounts.NONE);

    assertThat(map.objectionSince(flip, LONG))
        .get()
        .asString()
        .contains("not been compared since 2026-11-22T03:00:00Z", "in 1 of 2 hours", "--all");

    map.verified(HOUR, 1, 1, MismatchCounts.NONE);
    assertThat(map.objectionSince(flip, LONG)).isEmpty();
    map.verified(HOUR, 1, 1, ONE);
    assertThat(map.objectionSince(flip, LONG)).get().asString().contains("differ");
  }

  @Test
  void agesAreNeverNegativeAndNeverForgottenWhenTheClockStepsBack() throws IOException {
    map.verified(HOUR, 1, 1, MismatchCounts.NONE);
    map.passCompleted();
    map.hourWritten(HOUR);

    clock.step(Duration.ofDays(-1));

    Since since = map.hour(HOUR).orElseThrow().dirtySince().orElseThrow();
    assertThat(since.age(clock.instant())).isBetween(Duration.ZERO, Duration.ofMinutes(1));
    assertThat(map.objection(LONG)).isEmpty();
    // Time goes on by the process's own clock, whatever the other says.
    assertThat(map.objection(Duration.ZERO)).isPresent();
    open();
    assertThat(map.objection(Duration.ZERO)).isPresent();
  }

  @Test
  void isNeverMatchedWhenItWasNotWhereverACrashCutsTheLog() throws IOException {
    // What was acted on, that is: synced before the write went on, at each length of the log.
    Map<Long, List<String>> atLength = new TreeMap<>();
    note(atLength);
    map.hourWritten(HOUR);
    note(atLength);
    map.watch();
    map.verified(HOUR, 1, 1, MismatchCounts.NONE);
    note(atLength);
    map.verified(NEXT, 1, 1, ONE);
    map.passCompleted();
    note(atLength);
    map.hourWritten(HOUR);
    note(atLength);
    map.hourWritten(NEXT);
    note(atLength);
    map.watch();
    map.verified(HOUR, 1, 1, MismatchCounts.NONE);
    note(atLength);
    map.hourWritten(HOUR);
    note(atLength);
    byte[] whole = Files.readAllBytes(log());

    for (int cut = 0; cut <= whole.length; cut++) {
      Path crashed = directory.resolve("crashed-" + cut);
      Files.createDirectories(crashed);
      Files.write(crashed.resolve("parity.ndjson"), Arrays.copyOf(whole, cut));

      List<String> matched = matched(ParityMap.open(crashed, Successor.NOBODY, clock));

      // A crash at this length had not yet acted on anything beyond it.
      List<String> then = new ArrayList<>();
      long reached = cut;
      atLength.forEach((length, hours) -> {
        if (length <= reached) {
          then.clear();
          then.addAll(hours);
        }
      });
      assertThat(then).as("cut at byte %s", cut).containsAll(matched);
    }
  }

  @Test
  void knowsNothingAfterDamageInTheMiddle() throws IOException {
    map.verified(HOUR, 1, 1, MismatchCounts.NONE);
    map.verified(NEXT, 1, 1, MismatchCounts.NONE);
    map.passCompleted();
    String text = Files.readString(log());
    Files.writeString(log(), text.replaceFirst("matched", "m\u0000tched"));

    open();

    assertThat(hours()).isEmpty();
    assertThat(map.objection(LONG)).isPresent();
    assertThat(directory.resolve("parity.ndjson.damaged")).exists();
  }

  @Test
  void aSuccessorKnowsAllThatItKnew() throws IOException {
    SuccessorInMemory successor = new SuccessorInMemory();
    map = ParityMap.open(directory, successor, clock);
    successor.tellAll(map.everything());
    map.hourWritten(0);
    map.verified(HOUR, 10, 10, MismatchCounts.NONE);
    map.verified(NEXT, 10, 11, new MismatchCounts(1, 2, 3, 4));
    map.watch();
    map.hourWritten(HOUR);
    map.passCompleted();
    List<ParityHour> before = shown();

    successor.hear();
    inherit(successor);

    assertThat(shown()).isEqualTo(before).hasSize(3);
    assertThat(map.completePassAt()).contains(clock.instant());
    assertThat(map.everything()).isEqualTo(successor.heard());
  }

  /** Whatever it has not heard yet, it takes no hour for matched that has been written to. */
  @Test
  void aSuccessorNeverBelievesMore() throws IOException {
    long seed = ThreadLocalRandom.current().nextLong();
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    SuccessorInMemory successor = new SuccessorInMemory();
    map = ParityMap.open(directory, successor, clock);
    Path takenOver = directory.resolve("taken-over");
    boolean everMatched = false;
    boolean everFailed = false;
    for (int step = 0; step < 2_000; step++) {
      long hour = HOUR + random.nextInt(6) * Hours.HOUR_MICROS;
      boolean fails = random.nextInt(10) == 0;
      if (fails) {
        block();
      }
      try {
        switch (random.nextInt(20)) {
          case 0 -> map.forget();
          case 1 -> map.belongTo(7 + random.nextInt(2));
          case 2, 3 -> map.passCompleted();
          case 4, 5 -> map.watch();
          case 6, 7, 8, 9, 10 -> map.hourWritten(hour);
          case 11, 12 -> successor.hear();
          default -> map.verified(hour, 1, 1, random.nextInt(5) == 0 ? ONE : MismatchCounts.NONE);
        }
      } catch (IOException | UncheckedIOException e) {
        assertThat(fails).as("step %d: %s", step, e).isTrue();
        everFailed = true;
      }
      if (fails) {
        unblock();
      }
      clock.step(Duration.ofSeconds(1));

      ParityMap.inherit(takenOver, successor.heard());
      ParityMap theirs = ParityMap.open(takenOver, Successor.NOBODY, clock);
      List<String> matched = matched(theirs);

      everMatched |= !matched.isEmpty();
      assertThat(matched(map)).as("step %d", step).containsAll(matched);
      if (theirs.completePassAt().isPresent()) {
        assertThat(map.completePassAt()).as("step %d", step).isPresent();
      }
    }
    assertThat(everMatched).isTrue();
    assertThat(everFailed).isTrue();
  }

  /** The file can be neither written to nor removed. */
  private void block() throws IOException {
    Files.deleteIfExists(log());
    Files.createDirectories(log().resolve("in-the-way"));
  }

  private void unblock() throws IOException {
    Files.deleteIfExists(log().resolve("in-the-way"));
    if (Files.isDirectory(log())) {
      Files.delete(log());
    }
  }

  @Test
  void nothingIsWrittenWhileASuccessorCannotBeTold() throws IOException {
    SuccessorInMemory successor = new SuccessorInMemory();
    map = ParityMap.open(directory, successor, clock);
    map.verified(HOUR, 1, 1, MismatchCounts.NONE);
    successor.hear();
    List<ParityHour> before = shown();
    successor.deaf = "this node leads no more: its term 4 is over";

    assertThatThrownBy(() -> map.hoursWritten(new long[] {HOUR, NEXT}))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("could not record hour " + Hours.name(HOUR))
        .hasRootCauseMessage("this node leads no more: its term 4 is over");
    assertThatThrownBy(() -> map.forget()).hasMessageContaining("its term 4 is over");

    assertThat(shown()).isEqualTo(before);
    open();
    assertThat(shown()).isEqualTo(before);
  }

  private void inherit(SuccessorInMemory successor) throws IOException {
    Path takenOver = directory.resolve("taken-over");
    ParityMap.inherit(takenOver, successor.heard());
    map = ParityMap.open(takenOver, Successor.NOBODY, clock);
    map.belongTo(7);
  }

  @Test
  void leavesNoOutdatedFileBehindWhenItCannotBeWritten() throws IOException {
    map.verified(HOUR, 1, 1, MismatchCounts.NONE);
    map.passCompleted();
    // A directory in its place can neither be added to nor replaced.
    Files.delete(log());
    Files.createDirectory(log());

    map.hourWritten(HOUR);

    assertThat(log()).as("taken away").doesNotExist();
    assertThat(map.hour(HOUR).orElseThrow().state()).isEqualTo("dirty");
    map.hourWritten(NEXT);
    assertThat(log()).as("written anew").isRegularFile();
    open();
    assertThat(hours()).extracting(HourParity::state).containsExactly("dirty", "unverified");
    assertThat(map.completePassAt()).isPresent();
  }

  @Test
  void holdsTheWriteUpWhenNotEvenTheOutdatedFileCanBeTakenAway() throws IOException {
    map.verified(HOUR, 1, 1, MismatchCounts.NONE);
    Files.delete(log());
    Files.createDirectories(log().resolve("in-the-way"));

    assertThatThrownBy(() -> map.hourWritten(HOUR))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("2026-11-20T10");

    assertThat(map.hour(HOUR).orElseThrow().state()).isEqualTo("matched");
    assertThatThrownBy(() -> map.hourWritten(HOUR)).isInstanceOf(UncheckedIOException.class);
    Files.delete(log().resolve("in-the-way"));
    map.hourWritten(HOUR);
    assertThat(map.hour(HOUR).orElseThrow().state()).isEqualTo("dirty");
  }

  @Test
  void tellsManyHoursAtOnceOrNone() throws IOException {
    long[] hours = LongStream.range(0, 5_000).map(i -> i * 3 * Hours.HOUR_MICROS).toArray();
    map.hourWritten(hours[17]);
    map.verified(hours[18], 1, 1, ONE);
    List<ParityHour> before = shown();
    Path aside = directory.resolve("aside");
    Files.move(log(), aside);
    Files.createDirectories(log().resolve("in-the-way"));

    assertThatThrownBy(() -> map.hoursWritten(hours)).isInstanceOf(UncheckedIOException.class);

    assertThat(shown()).isEqualTo(before);
    Files.delete(log().resolve("in-the-way"));
    Files.delete(log());
    map.hoursWritten(hours);
    assertThat(map.states()).isEqualTo(new HourCounts(4_999, 0, 1, 0));
    List<ParityHour> after = shown();
    open();
    assertThat(shown()).isEqualTo(after);
  }

  @Test
  void readsAndShowsTenYearsOfHours() throws IOException {
    long[] hours =
        LongStream.range(0, 87_600).map(i -> HOUR - i * Hours.HOUR_MICROS).sorted().toArray();
    map.hoursWritten(hours);
    map.watch();
    for (int i = 0; i < hours.length; i += 200) {
      map.verified(hours[i], i, i, i % 1_000 == 0 ? ONE : MismatchCounts.NONE);
    }
    HourCounts states = map.states();

    open();

    assertThat(map.states()).isEqualTo(states);
    assertThat(states.matched()).isEqualTo(438 - 88);
    assertThat(map.hours(hours[3], hours[5]))
        .extracting(HourParity::hourMicros)
        .containsExactly(hours[3], hours[4]);
    assertThat(hours()).hasSize(87_600);
  }

  /** Against a map of objects. */
  @Test
  void keepsWhatIsKnownOfEachHourInItsColumns() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    HourTable table = new HourTable();
    TreeMap<Long, HourParity> model = new TreeMap<>();
    Since since = Since.at(clock.instant());
    for (int step = 0; step < 2_000; step++) {
      long hour = random.nextLong(300) * Hours.HOUR_MICROS;
      if (random.nextInt(3) > 0) {
        HourParity put =
            new HourParity(
                hour,
                random.nextBoolean() ? HourParity.Verdict.MATCHED : HourParity.Verdict.MISMATCHED,
                step,
                step + 1,
                random.nextBoolean() ? MismatchCounts.NONE : new MismatchCounts(step, 0, 1, 0),
                Optional.of(clock.instant()),
                random.nextBoolean() ? Optional.empty() : Optional.of(since));
        table.put(put);
        model.put(hour, put);
      } else if (random.nextBoolean() && model.remove(hour) != null) {
        table.remove(hour);
      } else {
        long[] written =
            random
                .longs(random.nextInt(20), 0, 300)
                .map(h -> h * Hours.HOUR_MICROS)
                .distinct()
                .sorted()
                .toArray();
        long[] changed = table.write(written, since);
        if (random.nextInt(3) == 0) {
          table.unwrite(changed);
        } else {
          for (long each : written) {
            HourParity before = model.get(each);
            model.put(
                each, before == null ? HourParity.unverified(each, since) : before.written(since));
          }
        }
      }
      List<HourParity> rows = new ArrayList<>();
      for (int row = 0; row < table.size(); row++) {
        rows.add(table.get(row));
      }
      assertThat(rows).isEqualTo(List.copyOf(model.values()));
      int first = table.firstFrom(hour);
      assertThat(first == table.size() ? null : table.hourMicros(first))
          .isEqualTo(model.ceilingKey(hour));
    }
  }

  private List<HourParity> hours() {
    return map.hours(0, Long.MAX_VALUE).toList();
  }

  private List<ParityHour> shown() {
    return hours().stream().map(HourParity::shown).toList();
  }

  private Path log() {
    return directory.resolve("parity.ndjson");
  }

  private void note(Map<Long, List<String>> atLength) throws IOException {
    atLength.put(Files.size(log()), matched(map));
  }

  private static List<String> matched(ParityMap map) {
    return map.hours(0, Long.MAX_VALUE)
        .filter(hour -> hour.state().equals("matched"))
        .map(hour -> Hours.name(hour.hourMicros()))
        .toList();
  }
}
