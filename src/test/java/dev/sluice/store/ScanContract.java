package dev.sluice.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.reading.Identity;
import dev.sluice.reading.Reading;
import dev.sluice.store.ReadingSource.UnavailableException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What a store owes the migration, which reads it as a whole, whichever it is. */
public abstract class ScanContract {
  public static final long DAY = 86_400_000_000L;

  public abstract ReadingScan scan();

  public abstract Sink sink();

  /** Returns once reads see everything written. */
  public abstract void awaitVisible() throws Exception;

  /** Few instants and many identities, corrected now and then. */
  @Test
  void readsEveryReadingOnceInOrderOfTime() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    Map<Identity, Reading> model = new HashMap<>();
    for (int batch = 0; batch < 4; batch++) {
      List<Reading> readings = new ArrayList<>();
      for (int i = 0; i < 4_000; i++) {
        Reading reading =
            new Reading(
                "d" + random.nextInt(60),
                random.nextBoolean() ? "temp" : "hum",
                random.nextInt(3) * DAY + random.nextInt(30),
                random.nextDouble());
        readings.add(reading);
        model.put(reading.identity(), reading);
      }
      write(readings);
    }

    List<Reading> all = readings(0, Long.MAX_VALUE);

    assertThat(all).as("seed %d", seed).containsExactlyInAnyOrderElementsOf(model.values());
    assertThat(all).isSortedAccordingTo(Comparator.comparingLong(Reading::tsMicros));
    for (int i = 0; i < 20; i++) {
      long from = random.nextInt(3) * DAY + random.nextInt(30);
      long to = from + random.nextInt(20);
      assertThat(readings(from, to))
          .as("seed %d, from %d to %d", seed, from, to)
          .containsExactlyInAnyOrderElementsOf(
              model.values().stream()
                  .filter(r -> r.tsMicros() >= from && r.tsMicros() < to)
                  .toList());
    }
  }

  @Test
  void keepsEveryByteAndBitOfAReading() throws Exception {
    List<Reading> readings =
        List.of(
            new Reading("edge", "temp", 0, -0.0),
            new Reading("edge", "first instant", 0, -0.0),
            new Reading("Gerät 🌡 ", "температура 😀", 1, Double.MIN_VALUE),
            new Reading("gerät 🌡", "température", 1_795_300_000_123_456L, Double.MAX_VALUE),
            new Reading("d".repeat(128), "m".repeat(255), 1_795_300_000_123_457L, 0.1 + 0.2),
            new Reading("it's, \\ \"a\"", "Temp", 1_795_300_000_123_458L, -1e-300),
            new Reading("null", "null", 1_795_300_000_123_459L, 1e7),
            new Reading("edge", "last instant", Reading.MAX_TS_MICROS, 0x1.0000000000001p53));
    write(readings);

    assertThat(readings(0, Long.MAX_VALUE)).containsExactlyInAnyOrderElementsOf(readings);
    assertThat(readings(0, 1)).hasSize(2).allMatch(r -> Double.compare(r.value(), -0.0) == 0);
    assertThat(scan().find(readings.stream().map(Reading::identity).toList()))
        .containsExactlyInAnyOrderElementsOf(readings);
  }

  @Test
  void tellsTheFirstReadingFromAnInstantOn() throws Exception {
    assertThat(scan().firstFrom(0)).isEmpty();
    write(List.of(new Reading("d", "m", 20, 1), new Reading("d", "m", 40 * DAY, 1)));

    assertThat(scan().firstFrom(-5)).isEqualTo(OptionalLong.of(20));
    assertThat(scan().firstFrom(20)).isEqualTo(OptionalLong.of(20));
    assertThat(scan().firstFrom(21)).isEqualTo(OptionalLong.of(40 * DAY));
    assertThat(scan().firstFrom(40 * DAY + 1)).isEmpty();
    assertThat(scan().firstFrom(Long.MAX_VALUE)).isEmpty();
  }

  @Test
  void readsNothingInAnEmptyRange() throws Exception {
    write(List.of(new Reading("d", "m", 20, 1)));

    assertThat(readings(20, 20)).isEmpty();
    assertThat(readings(21, 20)).isEmpty();
    assertThat(readings(-10, 0)).isEmpty();
    assertThat(readings(Reading.MAX_TS_MICROS + 1, Long.MAX_VALUE)).isEmpty();
    assertThat(readings(-10, 21)).hasSize(1);
  }

  @Test
  void findsExactlyWhatItIsAskedFor() throws Exception {
    List<Reading> readings = new ArrayList<>();
    for (int i = 0; i < 1_500; i++) {
      readings.add(new Reading("d" + i % 10, i % 3 == 0 ? "temp" : "m", i / 2 * 1_000L, i));
    }
    write(readings);
    List<Identity> wanted =
        new ArrayList<>(readings.subList(0, 950).stream().map(Reading::identity).toList());
    wanted.addAll(wanted.subList(0, 20));
    wanted.add(new Identity("D1", "m", 0));
    wanted.add(new Identity("d1", "m", 1));
    wanted.add(new Identity("d1 ", "m", 0));
    wanted.add(new Identity("d1", "M", 0));
    wanted.add(new Identity("d1", "m", -1));
    wanted.add(new Identity("d1", "m", Long.MAX_VALUE));

    assertThat(scan().find(wanted)).containsExactlyInAnyOrderElementsOf(readings.subList(0, 950));
    assertThat(scan().find(List.of())).isEmpty();
  }

  public void write(List<Reading> readings) throws Exception {
    await()
        .atMost(Duration.ofMinutes(2))
        .until(() -> sink().write(StoreContract.batch(readings)) instanceof WriteResult.Written);
    awaitVisible();
  }

  public List<Reading> readings(long from, long to) throws UnavailableException {
    return readings(scan(), from, to);
  }

  public static List<Reading> readings(ReadingScan scan, long from, long to)
      throws UnavailableException {
    List<Reading> readings = new ArrayList<>();
    try (ReadingStream stream = scan.scan(from, to)) {
      while (stream.next()) {
        readings.add(
            new Reading(stream.device(), stream.metric(), stream.tsMicros(), stream.value()));
      }
    }
    return readings;
  }
}
