package dev.sluice.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.files.NdjsonLog;
import dev.sluice.fleet.FleetSimulation.Arrival;
import dev.sluice.fleet.FleetSimulation.TrueGap;
import dev.sluice.reading.ReadingBatch;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the ledger finds, against what a simulated fleet knows it did. */
class FleetTruthTest {
  private static final int DEVICES = 300;
  private static final long TOLERANCE_MICROS = 20_000;

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({
    "1, 0",
    "1, 0.1",
    "1, 0.25",
    "1, 0.5",
    "10, 0",
    "10, 0.25",
    "10, 0.5",
    "60, 0",
    "60, 0.1",
    "60, 0.5",
    "3600, 0",
    "3600, 0.25",
    "3600, 0.5"
  })
  void findsTheGapsThatWereThereWithTheirCauses(double intervalSeconds, double jitter)
      throws IOException {
    long seed = System.nanoTime();
    FleetSimulation fleet = new FleetSimulation(DEVICES, intervalSeconds, jitter, seed);

    Map<String, Gap> found = new HashMap<>();
    try (Names names = new Names(directory.resolve("names"))) {
      Ledger ledger = run(fleet, names, intervalSeconds);
      Gaps gaps = ledger.gaps();
      for (long at = gaps.first(); at < gaps.end(); at++) {
        if (gaps.toMicros(at) - gaps.fromMicros(at) > 3e6 * intervalSeconds) {
          Gap gap = new Gap(gaps.fromMicros(at), gaps.toMicros(at), gaps.cause(at));
          found.put(gaps.device(at) + " " + gaps.toMicros(at) / TOLERANCE_MICROS, gap);
        }
      }
      Map<Integer, Integer> numbers = numbers(ledger);
      compare(
          fleet,
          numbers,
          found,
          "seed %d, %.0f s, jitter %.2f".formatted(seed, intervalSeconds, jitter));
    }
  }

  private record Gap(long from, long to, Cause cause) {}

  private static Map<Integer, Integer> numbers(Ledger ledger) {
    Map<Integer, Integer> numbers = new HashMap<>();
    for (int device = 0; device < DEVICES; device++) {
      numbers.put(device, ledger.find(FleetSimulation.name(device)));
    }
    return numbers;
  }

  private static void compare(
      FleetSimulation fleet, Map<Integer, Integer> numbers, Map<String, Gap> found, String what) {
    int right = 0;
    int rightCause = 0;
    Map<String, Integer> wrong = new TreeMap<>();
    int all = found.size();
    for (TrueGap gap : fleet.gaps) {
      int device = Objects.requireNonNull(numbers.get(gap.device()));
      long bucket = gap.to() / TOLERANCE_MICROS;
      Gap match = null;
      for (long at = bucket - 1; at <= bucket + 1 && match == null; at++) {
        match = found.remove(device + " " + at);
      }
      if (match != null && Math.abs(match.from() - gap.from()) <= TOLERANCE_MICROS) {
        right++;
        if (match.cause() == gap.cause()) {
          rightCause++;
        } else {
          wrong.merge(gap.cause() + " as " + match.cause(), 1, Integer::sum);
        }
      } else {
        wrong.merge("missed " + gap.cause(), 1, Integer::sum);
      }
    }
    found.values().forEach(gap -> wrong.merge("invented " + gap.cause(), 1, Integer::sum));
    double precision = (double) right / all;
    double recall = (double) right / fleet.gaps.size();
    double causes = (double) rightCause / right;
    System.out.printf(
        "%s: %d gaps, precision %.4f, recall %.4f, causes %.4f %s%n",
        what, fleet.gaps.size(), precision, recall, causes, wrong);
    assertThat(fleet.gaps).as(what).hasSizeGreaterThan(DEVICES * 3);
    assertThat(precision).as(what + " precision " + wrong).isGreaterThanOrEqualTo(0.99);
    assertThat(recall).as(what + " recall " + wrong).isGreaterThanOrEqualTo(0.99);
    assertThat(causes).as(what + " causes " + wrong).isGreaterThanOrEqualTo(0.98);
  }

  private Ledger run(FleetSimulation fleet, Names names, double intervalSeconds) {
    FleetConfig config =
        new FleetConfig(true, directory, 1_000, Duration.ofSeconds(2), 0.2, Duration.ofDays(30));
    Incidents incidents = new Incidents(new NdjsonLog(directory.resolve("incidents.ndjson")));
    fleet.incidents.forEach(incidents::add);
    Ledger ledger = new Ledger(config, names, 42, incidents, new Silent());
    ReadingBatch batch = new ReadingBatch();
    long every = intervalSeconds > 30 ? 10_000_000 : 1_000_000;
    long sweep = FleetSimulation.BASE_MICROS + every;
    for (Arrival arrival : fleet.arrivals) {
      while (sweep < arrival.micros()) {
        ledger.sweep(sweep);
        sweep += every;
      }
      FleetSimulation.fill(batch, arrival);
      ledger.frame(arrival.micros(), batch);
    }
    return ledger;
  }

  /** Takes no notice. */
  private static final class Silent implements GapListener {
    @Override
    public void silent(int device, long sinceMicros) {}

    @Override
    public void gap(int device, long fromMicros, long toMicros, Cause cause) {}

    @Override
    public void together(Together.Group group) {}
  }
}
