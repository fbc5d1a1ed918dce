package dev.sluice.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.http.ByteBudget;
import dev.sluice.http.limit.Account;
import dev.sluice.ingest.format.Codec;
import dev.sluice.ingest.format.Outcome;
import dev.sluice.ingest.format.Precision;
import dev.sluice.ingest.format.json.JsonParser;
import dev.sluice.ingest.format.line.LineProtocolParser;
import dev.sluice.ingest.http.Parsing;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class WorkAreasTest {
  private static final String LINE = "temp,host=s-17 value=21.5\n";

  enum Format {
    JSON,
    NDJSON,
    LINES
  }

  private static final class TestArea extends WorkArea {
    private final JsonParser json = new JsonParser(devices(), remarks(), memory());
    private final LineProtocolParser lines =
        new LineProtocolParser(List.of("host"), devices(), true, remarks(), memory());

    TestArea(ByteBudget budget) {
      super(budget, 512 << 20);
    }

    Codec codec(Format format) {
      return switch (format) {
        case JSON -> json.document();
        case NDJSON -> json.lines();
        case LINES -> lines.in(Precision.DEFAULT);
      };
    }
  }

  private final ByteBudget budget = new ByteBudget(64 << 20);
  private final WorkAreas<TestArea> areas = new WorkAreas<>(4, () -> new TestArea(budget));

  @Test
  void usesTheAreaOfAUsualRequestAgain() throws IOException {
    TestArea area = areas.take();
    read(area, Format.LINES, LINE.repeat(1_000));
    areas.giveBack(area);

    assertThat(areas.take()).isSameAs(area);
    assertThat(budget.used()).isZero();
  }

  @Test
  void letsGoOfAnAreaThatHeldAHugeBody() throws IOException {
    TestArea area = areas.take();
    read(area, Format.LINES, "#".repeat(1 << 20));
    areas.giveBack(area);

    assertThat(areas.take()).isNotSameAs(area);
  }

  @Test
  void letsGoOfAnAreaThatHeldManyReadings() throws IOException {
    TestArea area = areas.take();
    read(area, Format.LINES, "a,host=b " + "x=1,y=1,".repeat(10_000) + "z=1");
    areas.giveBack(area);

    assertThat(areas.take()).isNotSameAs(area);
  }

  /** What each of these bodies makes a parser hold is several times its own size. */
  @ParameterizedTest
  @EnumSource
  void claimsWhatReadingsAndParsersHold(Format format) throws IOException {
    String body = format == Format.LINES ? manyFields() : manyMembers();
    TestArea area = areas.take();
    area.begin(Account.UNLIMITED);
    read(area, format, body);

    assertThat(budget.used()).isGreaterThan(area.readings().capacity() + 2L * body.length());

    areas.giveBack(area);
    assertThat(budget.used()).isZero();
  }

  @ParameterizedTest
  @EnumSource
  void refusesWhatThereIsNoMemoryForWithoutTakingAny(Format format) throws IOException {
    budget.tryTake(budget.limit() - (1 << 20));
    TestArea area = areas.take();
    String body = format == Format.LINES ? manyFields() : manyMembers();

    assertThatThrownBy(() -> read(area, format, body))
        .isInstanceOfSatisfying(
            Claim.NoRoomException.class, e -> assertThat(e.isForEver()).isFalse())
        .hasMessageContaining("ingest.max-inflight-bytes");

    areas.giveBack(area);
    assertThat(budget.used()).isEqualTo(budget.limit() - (1 << 20));
    assertThat(read(areas.take(), Format.LINES, LINE)).isInstanceOf(Outcome.Parsed.class);
  }

  @Test
  void knowsThatARequestWouldNotFitAlone() {
    ByteBudget small = new ByteBudget(1 << 20);
    TestArea area = new TestArea(small);

    assertThatThrownBy(() -> read(area, Format.LINES, manyFields()))
        .isInstanceOfSatisfying(
            Claim.NoRoomException.class, e -> assertThat(e.isForEver()).isTrue());
  }

  private static String manyFields() {
    return "m".repeat(60) + ",host=b " + "x=1,y=1,".repeat(40_000) + "z=1";
  }

  private static String manyMembers() {
    StringBuilder json = new StringBuilder("{\"device_id\":\"b\"");
    for (int i = 0; i < 40_000; i++) {
      json.append(",\"").append(i).append("\":1");
    }
    return json.append('}').toString();
  }

  private static Outcome read(TestArea area, Format format, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    int length = area.body().fill(new ByteArrayInputStream(bytes), bytes.length, 16 << 20);
    return area.parse(area.codec(format), length, Parsing.ANY_TIME);
  }
}
