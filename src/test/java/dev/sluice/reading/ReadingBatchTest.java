package dev.sluice.reading;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ReadingBatchTest {
  @Test
  void holdsWhatIsAddedAsBytes() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    List<String> names = List.of("a", "b", "ab", "ü🌡", "d".repeat(128), "é".repeat(64));
    ReadingBatch batch = new ReadingBatch();
    batch.clear(7);
    List<Reading> expected = new ArrayList<>();
    for (int i = 0; i < 5_000; i++) {
      Reading reading =
          new Reading(
              names.get(random.nextInt(names.size())),
              names.get(random.nextInt(names.size())),
              random.nextLong(Reading.MAX_TS_MICROS),
              random.nextDouble());
      expected.add(reading);
      if (random.nextInt(10) == 0) {
        batch.add(reading);
      } else {
        batch.add(
            reading.device().getBytes(UTF_8),
            reading.metric().getBytes(UTF_8),
            reading.tsMicros(),
            reading.value());
      }
    }

    ReadingBatch copy = new ReadingBatch();
    copy.clear(0);
    List<Reading> held = new ArrayList<>();
    for (int i = 0; i < batch.size(); i++) {
      held.add(batch.reading(i));
      copy.add(batch, i);
    }

    assertThat(held).as("seed %d", seed).isEqualTo(expected);
    assertThat(batch.nextOffset()).isEqualTo(5_007);
    assertThat(IntStream.range(0, copy.size()).mapToObj(copy::reading))
        .as("seed %d", seed)
        .containsExactlyElementsOf(expected);
  }

  @Test
  void movesLaterReadingsToABatchAndThenInFrontOfAnother() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    List<Reading> first = new ArrayList<>();
    List<Reading> second = new ArrayList<>();
    for (int i = 0; i < 2_000; i++) {
      List<Reading> one = i < 1_000 ? first : second;
      one.add(new Reading("ü" + random.nextInt(50), "m" + i % 3, random.nextLong(1_000), i));
    }
    ReadingBatch batch = new ReadingBatch();
    batch.clear(0);
    first.forEach(batch::add);
    ReadingBatch waiting = new ReadingBatch();
    waiting.clear(0);

    int at = batch.moveLater(700, waiting);
    List<Reading> kept = readings(batch);
    List<Reading> moved = readings(waiting);
    batch.clear(1_000);
    second.forEach(batch::add);
    batch.addFirst(waiting);

    List<Reading> later = first.stream().filter(reading -> reading.tsMicros() > 700).toList();
    assertThat(moved).as("seed %d", seed).isEqualTo(later);
    assertThat(kept)
        .as("seed %d", seed)
        .isEqualTo(first.stream().filter(reading -> reading.tsMicros() <= 700).toList());
    assertThat(at).isEqualTo(first.indexOf(later.getFirst()));
    assertThat(readings(batch))
        .as("seed %d", seed)
        .isEqualTo(Stream.concat(later.stream(), second.stream()).toList());
  }

  private static List<Reading> readings(ReadingBatch batch) {
    return IntStream.range(0, batch.size()).mapToObj(batch::reading).toList();
  }

  @Test
  void spellsANameOnceForReadingsInARow() {
    ReadingBatch batch = new ReadingBatch();
    batch.clear(0);
    for (int i = 0; i < 100; i++) {
      batch.add("device".getBytes(UTF_8), "metric".getBytes(UTF_8), i, i);
    }

    assertThat(batch.bytesUsed()).isEqualTo(12);
  }

  @Test
  void aNameIsOneExactlyWhenAReadingMayHaveIt() {
    List<String> names = new ArrayList<>(List.of("", "a".repeat(128), "a".repeat(129)));
    names.addAll(List.of("é".repeat(64), "é".repeat(65), "🌡".repeat(32), "🌡".repeat(33)));
    for (int c = 0; c < 0x180; c++) {
      names.add((char) c + "x");
      names.add("x" + (char) c);
    }

    names.addAll(List.of("a".repeat(255), "a".repeat(256), "é".repeat(127), "é".repeat(128)));
    for (String name : names) {
      byte[] utf8 = name.getBytes(UTF_8);
      assertThat(Reading.isDevice(utf8)).as("device '%s'", name).isEqualTo(may(name, "m"));
      assertThat(Reading.isMetric(utf8)).as("metric '%s'", name).isEqualTo(may("d", name));
    }
  }

  private static boolean may(String device, String metric) {
    try {
      return new Reading(device, metric, 0, 0).device().equals(device);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
