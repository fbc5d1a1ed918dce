package dev.sluice.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.RawHttp;
import dev.sluice.ingest.http.IngestServer;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NewDaysTest {
  private static final int PER_MINUTE = 100;
  private static final long TODAY = Duration.ofMillis(IngestServer.NOW.toEpochMilli()).toDays();
  private static final int LONG_AGO = 12_000;

  private final AtomicLong nanos = new AtomicLong();
  private final NewDays days = new NewDays(PER_MINUTE, () -> IngestServer.NOW, nanos::get);
  private IngestServer server;

  @BeforeEach
  void open() {
    server = new IngestServer();
    var list = server.journal;
    server.journal = days.before(list)::append;
  }

  @AfterEach
  void close() {
    server.close();
  }

  @Test
  void takesARequestOfAsManyNewDaysAsAreAllowedAndNoneBeyondWithinTheMinute() {
    assertThat(post(days(LONG_AGO, PER_MINUTE)).status()).isEqualTo(204);
    assertThat(server.kept).hasSize(PER_MINUTE);

    RawHttp.Answer refused = post(days(LONG_AGO, PER_MINUTE + 1));

    assertThat(refused.status()).isEqualTo(503);
    // One of a hundred a minute is allowed again by then.
    assertThat(refused.header("Retry-After")).isEqualTo("1");
    assertThat(refused.body())
        .contains("1 day without any yet", "has 0 left", "ingest.max-new-days", "try again");
    assertThat(server.kept).hasSize(PER_MINUTE);
  }

  @Test
  void takesHistoryAtItsPaceWhenItComesAgain() {
    assertThat(post(days(LONG_AGO, PER_MINUTE)).status()).isEqualTo(204);
    RawHttp.Answer refused = post(days(LONG_AGO + PER_MINUTE, PER_MINUTE / 2));
    assertThat(refused.status()).isEqualTo(503);
    assertThat(refused.header("Retry-After")).isEqualTo("30");

    nanos.addAndGet(TimeUnit.SECONDS.toNanos(30));

    assertThat(post(days(LONG_AGO + PER_MINUTE, PER_MINUTE / 2)).status()).isEqualTo(204);
    assertThat(post(days(LONG_AGO, PER_MINUTE + PER_MINUTE / 2)).status()).isEqualTo(204);
  }

  @Test
  void keepsNothingOfARequestThatCanNeverBeTakenAndSaysToCutIt() {
    RawHttp.Answer refused = post(days(LONG_AGO, PER_MINUTE + 1));

    assertThat(refused.status()).isEqualTo(413);
    assertThat(refused.body())
        .contains(PER_MINUTE + 1 + " days", "allowed are 100", "send smaller batches");
    assertThat(server.kept).isEmpty();
    assertThat(post(days(LONG_AGO, PER_MINUTE)).status()).isEqualTo(204);
  }

  @Test
  void countsNeitherTheseDaysNorWhatAStoreHas() {
    post(days(LONG_AGO, PER_MINUTE));
    days.know(LongStream.of(-1, 20_000, 20_001, Long.MAX_VALUE));

    assertThat(post(days((int) TODAY - 1, 3)).status()).isEqualTo(204);
    assertThat(post(days(20_000, 2)).status()).isEqualTo(204);
    assertThat(post(days(LONG_AGO, PER_MINUTE)).status()).isEqualTo(204);
    assertThat(post(days(LONG_AGO - 1, 1)).status()).isEqualTo(503);
  }

  @Test
  void countsADayOnceHoweverManyReadingsItHas() {
    String body = days(LONG_AGO, PER_MINUTE);

    assertThat(post((body + "\n").repeat(3)).status()).isEqualTo(204);
  }

  /** One reading a day. */
  private static String days(int first, int count) {
    return IntStream.range(first, first + count)
        .mapToObj(day ->
            "m,device=d value=1 " + Instant.EPOCH.plus(Duration.ofDays(day)).getEpochSecond())
        .collect(Collectors.joining("\n"));
  }

  private RawHttp.Answer post(String lines) {
    try (RawHttp http = server.connect()) {
      return http.post("/write?precision=s", "", lines);
    }
  }
}
