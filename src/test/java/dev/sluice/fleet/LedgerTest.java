package dev.sluice.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.files.NdjsonLog;
import dev.sluice.fleet.Incident.Kind;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The ledger's rules, each with what users of other systems complain of. */
class LedgerTest {
  private static final long START = FleetSimulation.BASE_MICROS;
  private static final long SECOND = 1_000_000;

  @TempDir Path directory;

  private final List<String> silences = new ArrayList<>();
  private final List<String> gaps = new ArrayList<>();
  private Incidents incidents;
  private Names names;
  private Ledger ledger;

  @BeforeEach
  void open() throws IOException {
    incidents = new Incidents(new NdjsonLog(directory.resolve("incidents.ndjson")));
    names = new Names(directory.resolve("names"));
    ledger = ledger(1_000, Duration.ofDays(30));
  }

  @AfterEach
  void close() throws IOException {
    names.close();
  }

  @Test
  void noticesSilenceWithinASecondOfTheThresholdAndNotWhenTheDeviceIsBack() {
    steady("a", 0, 60, 5);

    sweepTo(66);
    assertThat(silences).isEmpty();
    assertThat(ledger.counts().late()).isOne();

    sweepTo(68);
    assertThat(silences).containsExactly("a since 60");
    assertThat(ledger.counts()).isEqualTo(new Ledger.Counts(0, 0, 1, 0, 0));

    arrive("a", 90);
    sweepTo(91);
    assertThat(gaps).containsExactly("a 60-90 device");
    assertThat(ledger.counts().live()).isOne();
  }

  @Test
  void watchesANewDeviceWithoutARestart() {
    steady("old", 0, 95, 5);
    steady(List.of("old", "new"), 100, 150, 5);
    steady("old", 155, 200, 5);

    sweepTo(200);

    assertThat(silences).containsExactly("new since 150");
  }

  @Test
  void saysNothingOfADeviceThatWasNeverHeardOrHardlyEver() {
    arrive("once", 0);
    arrive("once", 5);

    sweepTo(10_000);

    assertThat(silences).isEmpty();
    assertThat(ledger.counts()).isEqualTo(new Ledger.Counts(0, 0, 0, 1, 0));
    assertThat(ledger.find("never".getBytes(StandardCharsets.UTF_8))).isNegative();
  }

  @Test
  void takesAllReadingsOfOneMomentForOneArrival() {
    for (int second = 0; second <= 60; second += 5) {
      ReadingBatch batch = new ReadingBatch();
      batch.clear(0);
      batch.add(reading("a", "temp", second));
      batch.add(reading("b", "temp", second));
      batch.add(reading("a", "humidity", second));
      ledger.frame(START + second * SECOND, batch);
      ledger.frame(START + second * SECOND, batch);
    }

    Devices.Page page = ledger.devices().page(0);
    assertThat(page.interval(0)).isEqualTo(5f);
    assertThat(page.readings(0)).isEqualTo(13 * 4);
    sweepTo(70);
    assertThat(silences).containsExactly("a since 60", "b since 60");
  }

  @Test
  void alarmsNobodyAfterARestartAndNamesTheGapsAsOurs() {
    steady(List.of("a", "b", "c"), 0, 60, 5);
    incidents.begin(Kind.STOPPED, START + 61 * SECOND);
    incidents.end(Kind.STOPPED, START + 100 * SECOND, 0);

    sweepTo(101);
    assertThat(silences).isEmpty();
    arrive("a", 101);
    arrive("b", 103);

    assertThat(gaps).containsExactly("a 60-101 sluice-down", "b 60-103 sluice-down");
    assertThat(ledger.together().all())
        .singleElement()
        .satisfies(group -> assertThat(group.devices).isEqualTo(2));
    sweepTo(160);
    assertThat(silences).as("c had time enough to come back").contains("c since 60");
  }

  @Test
  void staysSilentAboutSilenceWhileSluiceItselfIsNotReady() {
    steady("a", 0, 60, 5);
    incidents.begin(Kind.STOPPED, START + 61 * SECOND);

    sweepTo(10_000);

    assertThat(silences).isEmpty();
  }

  @Test
  void blamesAStopOnlyForWhatWasDueThen() {
    steady("dead", 0, 60, 5);
    sweepTo(3_600);
    incidents.begin(Kind.STOPPED, START + 3_600 * SECOND);
    incidents.end(Kind.STOPPED, START + 3_610 * SECOND, 0);

    arrive("dead", 7_200);

    assertThat(gaps).containsExactly("dead 60-7200 device");
  }

  @Test
  void namesARefusalAsOurs() {
    steady("a", 0, 60, 5);
    incidents.begin(Kind.JOURNAL_FULL, START + 63 * SECOND);
    incidents.end(Kind.JOURNAL_FULL, START + 80 * SECOND, 7);

    sweepTo(70);
    assertThat(ledger.causeOfSilence(ledger.devices().page(0), 0)).isEqualTo(Cause.REFUSED);
    arrive("a", 85);

    assertThat(gaps).containsExactly("a 60-85 refused");
  }

  @Test
  void takesAPauseForTheCauseOnlyIfItWasLongEnough() {
    steady(List.of("a", "b"), 0, 60, 5);
    incidents.add(pause(64, 300_000));

    arrive("a", 80);
    assertThat(gaps).containsExactly("a 60-80 device");

    incidents.add(pause(64, 3 * SECOND));
    arrive("b", 80);
    assertThat(gaps).contains("b 60-80 sluice-down");
  }

  @Test
  void callsGapsThatBeganTogetherOneCause() {
    List<String> all = IntStream.range(0, 30).mapToObj(n -> "s" + n).toList();
    steady(all, 0, 60, 5);
    sweepTo(61);
    for (int second = 65; second <= 100; second += 5) {
      steady(all.subList(10, 30), second, second, 5);
      sweepTo(second);
    }

    assertThat(ledger.together().all())
        .singleElement()
        .satisfies(group -> {
          assertThat(group.devices).isEqualTo(10);
          assertThat(group.open).isEqualTo(10);
          assertThat(group.cause).isEqualTo(Cause.FLEET);
        });
    for (int n = 0; n < 10; n++) {
      arrive("s" + n, 101);
    }
    assertThat(gaps).hasSize(10).allMatch(gap -> gap.endsWith("fleet"));
    assertThat(ledger.together().all().get(0).open).isZero();
  }

  @Test
  void doesNotCallTwoTogether() {
    steady(List.of("a", "b"), 0, 60, 5);
    sweepTo(70);

    arrive("a", 90);
    arrive("b", 90);

    assertThat(gaps).containsExactly("a 60-90 device", "b 60-90 device");
  }

  @Test
  void tellsReadingsThatCameLateFromReadingsThatNeverCame() {
    steady(List.of("kept", "lost"), 0, 60, 5);

    arrive("kept", 120, 65, 70, 75, 80, 85, 90, 95, 100, 105, 110, 115, 120);
    arrive("lost", 120, 120);

    assertThat(gaps).containsExactly("kept 60-120 late", "lost 60-120 device");
    assertThat(ledger.gaps().settled(Cause.LATE)).isOne();
  }

  @Test
  void tellsLateReadingsEvenIfTheNewestComesFirst() {
    steady("a", 0, 60, 5);

    arrive("a", 120, 120);
    assertThat(ledger.gaps().total(Cause.DEVICE)).isOne();
    for (int ts = 115; ts >= 65; ts -= 5) {
      arrive("a", 121, ts);
    }

    assertThat(ledger.gaps().total(Cause.DEVICE)).isZero();
    assertThat(ledger.gaps().settled(Cause.LATE)).isOne();
  }

  @Test
  void settlesADevicesGapOnceItsReadingsHaveHadTimeToCome() {
    steady("a", 0, 60, 5);
    arrive("a", 120, 120);
    assertThat(ledger.gaps().settled(Cause.DEVICE)).isZero();

    sweepTo(181);

    assertThat(ledger.gaps().settled(Cause.DEVICE)).isOne();
  }

  @Test
  void retiresWhatHasBeenSilentForVeryLongAndTakesItBack() throws IOException {
    names.close();
    names = new Names(directory.resolve("names"));
    ledger = ledger(1_000, Duration.ofHours(1));
    steady("a", 0, 60, 5);
    sweepTo(3_700);
    assertThat(ledger.counts()).isEqualTo(new Ledger.Counts(0, 0, 0, 0, 1));

    steady("a", 4_000, 4_060, 5);
    sweepTo(4_061);

    assertThat(ledger.counts()).isEqualTo(new Ledger.Counts(1, 0, 0, 0, 0));
    assertThat(gaps).isEmpty();
  }

  @Test
  void forgetsTheSilenceOfADeviceThatIsRetiredByCommand() {
    steady("a", 0, 60, 5);
    sweepTo(100);
    assertThat(ledger.counts().silent()).isOne();

    ledger.retire(0);
    sweepTo(101);

    assertThat(ledger.counts()).isEqualTo(new Ledger.Counts(0, 0, 0, 0, 1));
  }

  @Test
  void countsDevicesBeyondTheLimitWithoutWatchingThem() throws IOException {
    names.close();
    names = new Names(directory.resolve("names"));
    ledger = ledger(10, Duration.ofDays(30));
    for (int n = 0; n < 1_010; n++) {
      arrive("s" + n, 0);
      arrive("s" + n, 1);
    }

    assertThat(ledger.devices().count()).isEqualTo(10);
    assertThat(ledger.unwatched()).isBetween(950L, 1_050L);
    assertThat(ledger.find("s10".getBytes(StandardCharsets.UTF_8))).isNegative();
  }

  @Test
  void measuresNoGapWhenTheClockIsSet() {
    for (int second = 0; second <= 60; second += 5) {
      arrive("a", second);
    }
    ledger.clockStepped(3_600 * SECOND);
    arrive("a", 3_665);
    ledger.clockStepped(-7_200 * SECOND);
    arrive("a", 3_665 - 7_200 + 5);
    sweepTo(3_665 - 7_200 + 7);

    assertThat(gaps).isEmpty();
    assertThat(silences).isEmpty();
    assertThat(ledger.devices().page(0).interval(0)).isEqualTo(5f);
  }

  @Test
  void concludesNothingFromWhatWasPassedOver() {
    steady("a", 0, 60, 5);
    ledger.passedOver(START + 200 * SECOND);
    sweepTo(200);
    arrive("a", 202);

    assertThat(silences).isEmpty();
    assertThat(gaps).isEmpty();
    sweepTo(220);
    assertThat(silences).containsExactly("a since 202");
  }

  @Test
  void learnsAnotherIntervalWithoutCallingEachOneAGap() {
    steady("a", 0, 60, 5);
    steady("a", 120, 6_000, 60);

    assertThat(gaps).hasSizeLessThanOrEqualTo(3);
    assertThat(ledger.devices().page(0).interval(0)).isBetween(55f, 65f);
    steady("a", 6_002, 6_200, 2);
    assertThat(ledger.devices().page(0).interval(0)).isBetween(1.9f, 2.1f);
  }

  @Test
  void isNotMisledByBurstsOrByWhatASensorSavedUp() {
    for (int cycle = 0; cycle < 20; cycle++) {
      for (int part = 0; part < 3; part++) {
        arriveMicros("a", START + cycle * 10L * SECOND + part * 50_000L, cycle * 10);
      }
    }
    assertThat(ledger.devices().page(0).interval(0)).isBetween(9f, 11f);

    for (int n = 1; n <= 60; n++) {
      arriveMicros("a", START + 900L * SECOND + n * 20_000L, 190 + n * 10);
    }
    assertThat(ledger.devices().page(0).interval(0)).isBetween(9f, 11f);
  }

  private static Incident pause(long atSecond, long micros) {
    return new Incident(
        Kind.PAUSE, START + atSecond * SECOND, START + atSecond * SECOND + micros, micros);
  }

  private Ledger ledger(int maxDevices, Duration retireAfter) {
    FleetConfig config =
        new FleetConfig(true, directory, maxDevices, Duration.ofSeconds(2), 0.2, retireAfter);
    return new Ledger(config, names, 42, incidents, new Recorder());
  }

  /** Both at once, as time only goes forward. */
  private void steady(List<String> devices, int from, int to, int every) {
    for (int second = from; second <= to; second += every) {
      for (String device : devices) {
        arrive(device, second);
      }
    }
  }

  /** An arrival each so many seconds, the last one included; the ledger's time goes along. */
  private void steady(String device, int from, int to, int every) {
    for (int second = from; second <= to; second += every) {
      arrive(device, second);
    }
  }

  private void arrive(String device, int second, int... ts) {
    ReadingBatch batch = new ReadingBatch();
    batch.clear(0);
    for (int one : ts.length == 0 ? new int[] {second} : ts) {
      batch.add(reading(device, "temp", one));
    }
    ledger.frame(START + second * SECOND, batch);
  }

  private void arriveMicros(String device, long micros, int ts) {
    ReadingBatch batch = new ReadingBatch();
    batch.clear(0);
    batch.add(reading(device, "temp", ts));
    ledger.frame(micros, batch);
  }

  private static Reading reading(String device, String metric, int second) {
    return new Reading(device, metric, START + second * SECOND, 1);
  }

  private void sweepTo(int second) {
    long to = START + second * SECOND;
    long from = Math.max(ledger.sweptMicros() + SECOND, to - 200 * SECOND);
    for (long at = from; at <= to; at += SECOND) {
      ledger.sweep(at);
    }
  }

  private final class Recorder implements GapListener {
    @Override
    public void silent(int device, long sinceMicros) {
      silences.add(ledger.devices().name(device) + " since " + (sinceMicros - START) / SECOND);
    }

    @Override
    public void gap(int device, long fromMicros, long toMicros, Cause cause) {
      gaps.add(
          "%s %d-%d %s"
              .formatted(
                  ledger.devices().name(device),
                  (fromMicros - START) / SECOND,
                  (toMicros - START) / SECOND,
                  cause.label()));
    }

    @Override
    public void together(Together.Group group) {}
  }
}
