package dev.sluice.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.store.ReadingQuery.Position;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What a store owes delivery and readers, whichever it is. */
public abstract class StoreContract {
  /** The order that pages promise. */
  public static final Comparator<Reading> ORDER =
      Comparator.comparingLong(Reading::tsMicros)
          .thenComparing((a, b) ->
              Arrays.compareUnsigned(
                  a.metric().getBytes(StandardCharsets.UTF_8),
                  b.metric().getBytes(StandardCharsets.UTF_8)));

  public abstract Sink sink();

  public abstract ReadingSource source();

  /** Returns once reads see everything written. */
  public abstract void awaitVisible() throws Exception;

  @Test
  void keepsEveryByteAndBitOfAReading() throws Exception {
    List<Reading> readings =
        List.of(
            new Reading("edge", "first instant", 0, -0.0),
            new Reading("edge", "last instant", Reading.MAX_TS_MICROS, Double.MIN_VALUE),
            new Reading("edge", "cpu{cpu=\"0\",path=\"C:\\\\\"}", 1, Double.MAX_VALUE),
            new Reading("edge", "sum", 2, 0.1 + 0.2),
            new Reading("edge", "температура 😀 \uFFFD", 3, -1e-300),
            new Reading("edge", "m".repeat(255), 4, 0x1.0000000000001p53),
            new Reading("edge", "it's, a=\"b\" c", 5, 1),
            new Reading("edge", "trailing ", 6, 1));
    write(readings);

    assertThat(all("edge")).usingRecursiveFieldByFieldElementComparator().hasSize(8);
    assertThat(all("edge")).containsExactlyInAnyOrderElementsOf(readings);
  }

  @Test
  void tellsDevicesApartByteByByte() throws Exception {
    List<String> devices =
        List.of(
            "Ünit",
            "ünit",
            "u\u0308nit",
            "unit",
            "unit ",
            " unit",
            "UNIT",
            "😀",
            "it's",
            "d,a=b",
            "é".repeat(64));
    List<Reading> readings = new ArrayList<>();
    for (int i = 0; i < devices.size(); i++) {
      readings.add(new Reading(devices.get(i), "same", 7, i));
    }
    write(readings);

    for (Reading reading : readings) {
      assertThat(all(reading.device())).containsExactly(reading);
    }
  }

  @Test
  void tellsMetricsApartByteByByte() throws Exception {
    List<Reading> readings = new ArrayList<>();
    for (String metric : List.of("Temp", "temp", "temp ", "tëmp", "te\u0308mp", "null", "")) {
      if (!metric.isEmpty()) {
        readings.add(new Reading("metrics", metric, 7, readings.size()));
      }
    }
    write(readings);

    assertThat(all("metrics")).containsExactlyInAnyOrderElementsOf(readings);
  }

  /** Few identities, many readings: most of a batch is overwritten, within it and by later ones. */
  @Test
  void laterReadingOfOneIdentityWinsInAnyOrderOfTs() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    Map<List<Object>, Reading> model = new HashMap<>();
    for (int batch = 0; batch < 6; batch++) {
      List<Reading> readings = new ArrayList<>();
      for (int i = 0; i < 5_000; i++) {
        Reading reading =
            new Reading(
                "model-" + random.nextInt(5),
                "metric-" + random.nextInt(4),
                // A few days, so that partitions are written out of order too.
                random.nextInt(4) * 86_400_000_000L + random.nextInt(40),
                random.nextDouble());
        readings.add(reading);
        model.put(List.of(reading.device(), reading.metric(), reading.tsMicros()), reading);
      }
      write(readings);
    }

    List<Reading> stored = new ArrayList<>();
    for (int device = 0; device < 5; device++) {
      stored.addAll(all("model-" + device));
    }
    assertThat(stored).as("seed %d", seed).containsExactlyInAnyOrderElementsOf(model.values());
  }

  @Test
  void repeatedWriteChangesNothing() throws Exception {
    List<Reading> readings = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      readings.add(new Reading("repeat", "m" + i % 3, i / 3, i));
    }
    write(readings);
    write(readings);
    write(readings);

    assertThat(all("repeat")).containsExactlyInAnyOrderElementsOf(readings);
  }

  @Test
  void takesAHundredThousandReadingsAtOnce() throws Exception {
    List<Reading> readings = new ArrayList<>();
    for (int i = 0; i < 100_000; i++) {
      readings.add(new Reading("many-" + i % 1_000, "m", (i * 7_919L) % 100_000, i));
    }
    write(readings);

    assertThat(all("many-13")).hasSize(100).isSortedAccordingTo(ORDER);
  }

  @Test
  void pagesByTsAndMetricBytesInBothDirections() throws Exception {
    List<Reading> readings = new ArrayList<>();
    // In UTF-16 the emoji sorts before U+FFFD, in UTF-8 behind it.
    for (String metric : List.of("b", "a", "\uFFFD", "😀", "B")) {
      for (int ts = 0; ts < 7; ts++) {
        readings.add(new Reading("pages", metric, 1_000 + ts, ts));
      }
    }
    write(readings);
    readings.sort(ORDER);

    assertThat(pages("pages", false, 3)).containsExactlyElementsOf(readings);
    assertThat(pages("pages", true, 4)).containsExactlyElementsOf(readings.reversed());
    assertThat(pages("pages", false, 35)).containsExactlyElementsOf(readings);
  }

  @Test
  void readsOneMetricWithinItsInstants() throws Exception {
    write(
        List.of(
            new Reading("range", "a", 10, 1),
            new Reading("range", "b", 10, 2),
            new Reading("range", "a", 11, 3),
            new Reading("range", "a", 12, 4)));

    assertThat(
            read(new ReadingQuery("range", Optional.of("a"), 10, 12, false, Optional.empty(), 100)))
        .extracting(Reading::value)
        .containsExactly(1.0, 3.0);
  }

  public void write(List<Reading> readings) throws Exception {
    int most = sink().maxBatch();
    for (int from = 0; from < readings.size(); from += most) {
      List<Reading> part = readings.subList(from, Math.min(readings.size(), from + most));
      assertThat(sink().write(batch(part))).isInstanceOf(WriteResult.Written.class);
    }
    awaitVisible();
  }

  public static ReadingBatch batch(List<Reading> readings) {
    ReadingBatch batch = new ReadingBatch();
    batch.clear(0);
    readings.forEach(batch::add);
    return batch;
  }

  public List<Reading> all(String device) throws Exception {
    return read(
        new ReadingQuery(
            device,
            Optional.empty(),
            0,
            Reading.MAX_TS_MICROS + 1,
            false,
            Optional.empty(),
            Integer.MAX_VALUE));
  }

  private List<Reading> pages(String device, boolean descending, int limit) throws Exception {
    List<Reading> all = new ArrayList<>();
    List<Reading> page;
    Optional<Position> after = Optional.empty();
    do {
      page = read(new ReadingQuery(device, Optional.empty(), 0, 10_000, descending, after, limit));
      assertThat(page.size()).isLessThanOrEqualTo(limit);
      all.addAll(page);
      if (!page.isEmpty()) {
        after = Optional.of(new Position(page.getLast().tsMicros(), page.getLast().metric()));
      }
    } while (!page.isEmpty());
    return all;
  }

  private List<Reading> read(ReadingQuery query) throws Exception {
    List<Reading> readings = new ArrayList<>();
    source().read(query, readings::add);
    return readings;
  }
}
