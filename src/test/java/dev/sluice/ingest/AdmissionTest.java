package dev.sluice.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.ByteBudget;
import dev.sluice.http.Gate;
import dev.sluice.ingest.format.Codec;
import dev.sluice.ingest.format.Precision;
import dev.sluice.ingest.format.json.JsonParser;
import dev.sluice.ingest.format.line.LineProtocolParser;
import dev.sluice.journal.AppendResult;
import dev.sluice.reading.ReadingBuffer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What becomes of a body, asked for as a transport does, without one. */
class AdmissionTest {
  private static final Instant NOW = Instant.parse("2026-11-21T22:00:00Z");
  private static final InstantSource CLOCK = () -> NOW;
  private static final String LINE = "temp,host=s-17 value=21.5\n";

  private final class Area extends WorkArea {
    final Codec json = new JsonParser(devices(), remarks(), memory()).document();
    final Codec lines =
        new LineProtocolParser(List.of("host"), devices(), true, remarks(), memory())
            .in(Precision.SECONDS);

    Area(int maxReadingBytes) {
      super(budget, maxReadingBytes);
    }
  }

  private final ByteBudget budget = new ByteBudget(4 << 20);
  private final Gate gate = new Gate();
  private final IngestConfig config =
      new IngestConfig(
          "127.0.0.1",
          0,
          128,
          1 << 20,
          4 << 20,
          Duration.ofSeconds(30),
          List.of("host"),
          IngestConfig.TextFields.REFUSE,
          Instant.EPOCH,
          Duration.ofDays(1),
          IngestConfig.BadTs.REFUSE,
          new IngestConfig.Otlp(0, List.of("host.name")));
  private final NewDays days = new NewDays(10, CLOCK, () -> 0);
  private AppendResult appended = new AppendResult.Full("/data/journal takes 10 bytes of 10");
  private int appends;
  private final Admission admission =
      new Admission(config, days.before((FakeJournal) this::append), gate, CLOCK);
  private Area area = new Area(config.maxReadingBytes());

  @Test
  void acceptsTheGoodReadingsAndHandsOutTheRejections() throws IOException {
    appended = new AppendResult.Accepted(FakeJournal.END, 2);

    AdmissionResult result = admit(area.lines, LINE + "nonsense\n" + LINE);

    assertThat(result).isEqualTo(new AdmissionResult.Accepted(2, area.rejections()));
    assertThat(area.rejections().position(0)).isEqualTo(2);
    assertThat(area.lines.positionName()).isEqualTo("line");
    assertThat(admission.counters().accepted()).isEqualTo(2);
    assertThat(admission.counters().rejected()).isEqualTo(1);
    assertThat(admission.counters().partialRequests()).isEqualTo(1);
  }

  @Test
  void doesNotAskTheJournalAboutABodyWithoutReadings() throws IOException {
    assertThat(admit(area.lines, "")).isEqualTo(new AdmissionResult.Accepted(0, area.rejections()));

    assertThat(appends).isZero();
    assertThat(admission.counters().completeRequests()).isEqualTo(1);
  }

  @Test
  void refusesWhatCannotBeReadAndSaysWhere() throws IOException {
    assertThat(admit(area.json, "")).isEqualTo(new AdmissionResult.Refused("the body is empty"));
    assertThat(admit(area.json, "{\n nonsense"))
        .isInstanceOfSatisfying(
            AdmissionResult.Refused.class,
            refused -> assertThat(refused.reason()).startsWith("line 2, column 2: "));

    assertThat(appends).isZero();
    assertThat(admission.counters().refusedRequests()).isEqualTo(2);
  }

  @Test
  void refusesMoreReadingsThanOneRequestMayHave() throws IOException {
    area = new Area(1 << 10);

    assertThat(admit(area.lines, LINE.repeat(1_000))).isInstanceOf(AdmissionResult.TooLarge.class);
    assertThat(admission.counters().refusedRequests()).isEqualTo(1);
  }

  @Test
  void namesNoPathsWhenTheJournalCannotTakeMore() throws IOException {
    assertThat(admit(area.lines, LINE))
        .isEqualTo(new AdmissionResult.Full("journal has no room, or cannot be written"));

    appended = new AppendResult.Closed("/data/journal has failed: EIO");

    assertThat(admit(area.lines, LINE))
        .isEqualTo(new AdmissionResult.Closed("journal is closed, or has failed"));
    assertThat(admission.counters().notNowRequests()).isEqualTo(2);
  }

  @Test
  void tellsTooManyNewDaysForNowFromTooManyForEver() throws IOException {
    appended = new AppendResult.Accepted(FakeJournal.END, 10);
    assertThat(admit(area.lines, days(1_000, 10))).isInstanceOf(AdmissionResult.Accepted.class);

    assertThat(admit(area.lines, days(2_000, 5)))
        .isInstanceOfSatisfying(
            AdmissionResult.TooManyNewDays.class,
            many -> assertThat(many.afterSeconds()).isEqualTo(30));
    assertThat(admit(area.lines, days(2_000, 11))).isInstanceOf(AdmissionResult.NeverFits.class);
    assertThat(appends).isEqualTo(1);
    assertThat(admission.counters().notNowRequests()).isEqualTo(1);
    assertThat(admission.counters().refusedRequests()).isEqualTo(1);
  }

  @Test
  void saysThatOthersHoldTheMemoryForARequestThatWouldFitAlone() throws IOException {
    String body = "m,host=b " + "x=1,y=1,".repeat(40_000) + "z=1";
    int length = fill(body);
    budget.tryTake(budget.limit() - budget.used() - (1 << 10));

    assertThat(admission.admit(area, area.lines, length)).isInstanceOf(AdmissionResult.Busy.class);
    assertThat(admission.counters().notNowRequests()).isEqualTo(1);
  }

  @Test
  void turnsAwayWhoCannotEnter() {
    assertThat(admission.tryEnter()).isFalse();
    assertThat(admission.turnAway())
        .isEqualTo(new AdmissionResult.Closed(Gate.State.STARTING.reason()));
    assertThat(admission.counters().notNowRequests()).isEqualTo(1);

    gate.open();

    assertThat(admission.tryEnter()).isTrue();
    assertThat(gate.inside()).isEqualTo(1);
    admission.leave();
    assertThat(gate.inside()).isZero();
  }

  private AppendResult append(ReadingBuffer readings) {
    appends++;
    return appended;
  }

  private AdmissionResult admit(Codec codec, String body) throws IOException {
    area.reset();
    return admission.admit(area, codec, fill(body));
  }

  private int fill(String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    return area.body().fill(new ByteArrayInputStream(bytes), bytes.length, 1 << 20);
  }

  /** One reading a day. */
  private static String days(int first, int count) {
    return IntStream.range(first, first + count)
        .mapToObj(day -> "m,host=d value=1 " + Duration.ofDays(day).toSeconds())
        .collect(Collectors.joining("\n"));
  }
}
