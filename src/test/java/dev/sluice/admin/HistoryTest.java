package dev.sluice.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import dev.sluice.api.RecentHistory;
import dev.sluice.api.Trouble;
import dev.sluice.delivery.DeliveryStatus;
import dev.sluice.delivery.DeliveryStatus.State;
import dev.sluice.http.RawHttp.Answer;
import dev.sluice.http.auth.TokenAuth;
import dev.sluice.journal.JournalStats;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The ring of the last 15 minutes, and its route. */
class HistoryTest {
  private static final long START = Instant.parse("2026-11-22T03:00:00Z").getEpochSecond();

  private long second = START;
  private long nanos;
  private long acknowledged;
  private long rejected;
  private final Map<String, DeliveryStatus> stores = new LinkedHashMap<>();

  private final History history =
      new History(List.of("mysql", "questdb"), this::moment, () -> Instant.ofEpochSecond(second));

  @Test
  void isEmptyBeforeTheFirstSecond() {
    RecentHistory empty = history.since(0);

    assertThat(empty.intervalSeconds()).isEqualTo(1);
    assertThat(empty.time()).isEmpty();
    assertThat(empty.stores().keySet()).containsExactly("mysql", "questdb");
    assertThat(empty.wellSince()).isEqualTo("2026-11-22T03:00:00Z");
  }

  @Test
  void tellsRatesByTheTimeThatHasReallyPassed() {
    stores.put("mysql", status(State.RUNNING, 100, 3, 0.25));
    history.sample();
    acknowledged = 1_000;
    rejected = 10;
    stores.put("mysql", status(State.RUNNING, 600, 5, 1.5));
    tick(2_000_000_000L);
    history.sample();

    RecentHistory recent = history.since(0);
    assertThat(recent.time()).containsExactly(START, START + 1);
    assertThat(recent.acknowledged()).containsExactly(null, 500.0);
    assertThat(recent.rejected()).containsExactly(null, 5.0);
    assertThat(recent.journalBytes()).containsExactly(24L, 24L);
    RecentHistory.Store mysql = store(recent, "mysql");
    assertThat(mysql.delivered()).containsExactly(null, 250.0);
    assertThat(mysql.lagReadings()).containsExactly(3L, 5L);
    assertThat(mysql.lagSeconds()).containsExactly(0.25, 1.5);
    assertThat(store(recent, "questdb").delivered()).containsExactly(null, null);
    assertThat(store(recent, "questdb").lagReadings()).containsExactly(null, null);
  }

  @Test
  void doesNotReckonAcrossAStoreThatLeftAndJoinedAgain() {
    stores.put("mysql", status(State.RUNNING, 600, 0, 0));
    samples(2);
    stores.clear();
    samples(1);
    stores.put("mysql", status(State.RUNNING, 5, 0, 0));
    samples(2);

    assertThat(store(history.since(0), "mysql").delivered())
        .containsExactly(null, 0.0, null, null, 0.0);
  }

  @Test
  void keepsFifteenMinutesAndNoMore() {
    samples(History.POINTS + 17);

    List<Long> times = history.since(0).time();

    assertThat(times).hasSize(History.POINTS);
    assertThat(times.getFirst()).isEqualTo(START + 17);
    assertThat(times.getLast()).isEqualTo(START + History.POINTS + 16);
    assertThat(history.since(0).acknowledged()).hasSize(History.POINTS);
  }

  @Test
  void answersOnlyWhatIsNewer() {
    samples(10);

    assertThat(history.since(START + 7).time()).containsExactly(START + 8, START + 9);
    assertThat(history.since(START + 9).time()).isEmpty();
    assertThat(history.since(START + 9).acknowledged()).isEmpty();
  }

  @Test
  void hasOnePointASecond() {
    history.sample();
    history.sample();

    assertThat(history.since(0).time()).hasSize(1);
  }

  @Test
  void beginsAnewWhenTheClockIsSetBack() {
    samples(10);
    second -= 3_600;
    samples(2);

    List<Long> all = history.since(START + 9).time();

    assertThat(all).as("all of them, to who asks for later ones").hasSize(2);
    assertThat(all.getLast()).isLessThan(START);
  }

  @Test
  void saysWhatIsWrongInsteadOfSinceWhenNothingIs() {
    stores.put("mysql", new DeliveryStatus(State.RETRYING, 0, 0, 0, 0, 0, 0, "away", 0));
    samples(3);

    RecentHistory recent = history.since(0);

    assertThat(recent.wellSince()).isNull();
    assertThat(recent.troubles())
        .extracting(Trouble::what, Trouble::since, Trouble::reason)
        .containsExactly(
            tuple("mysql", Instant.ofEpochSecond(START), "mysql does not take readings: away"));
  }

  @Test
  void samplesByItselfOnceStarted() {
    try (History running = new History(List.of("mysql"), this::moment, InstantSource.system())) {
      running.start();
      await().until(() -> running.since(0).time().size() >= 2);
    }
  }

  @Test
  void isServedToWhoMayRead() {
    samples(3);
    try (AdminPort port = new AdminPort(new HistoryRoutes(history, TokenAuth.everybody()))) {
      Answer answer = port.get("/v1/history?since=" + START);

      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.header("Cache-Control")).isEqualTo("no-store");
      assertThat(answer.header("Content-Type")).isEqualTo("application/json");
      assertThat(answer.body())
          .contains("\"time\":[" + (START + 1) + "," + (START + 2) + "]")
          .contains("\"acknowledged\":[0.0,0.0]", "\"lag_readings\":[null,null]")
          .contains("\"troubles\":[],\"well_since\":\"2026-11-22T03:00:00Z\"");
      Answer refused = port.get("/v1/history?since=yesterday");
      assertThat(refused.status()).isEqualTo(400);
      assertThat(refused.body())
          .contains("since is yesterday, allowed are whole seconds since 1970-01-01T00:00:00Z");
      assertThat(port.post("/v1/history", "{}").status()).isEqualTo(405);
    }
  }

  private void samples(int count) {
    for (int i = 0; i < count; i++) {
      history.sample();
      tick(1_000_000_000L);
    }
  }

  private void tick(long passedNanos) {
    second++;
    nanos += passedNanos;
  }

  private Moment moment() {
    return new Moment(
        nanos,
        acknowledged,
        rejected,
        0,
        new JournalStats(0, 0, 24, 1 << 20, 0, 0, ""),
        Map.copyOf(stores),
        Optional.empty(),
        List.of(),
        Optional.empty());
  }

  private static DeliveryStatus status(State state, long delivered, long lag, double seconds) {
    return new DeliveryStatus(state, 0, lag, seconds, delivered, 0, 0, "", 0);
  }

  private static RecentHistory.Store store(RecentHistory recent, String name) {
    return Objects.requireNonNull(recent.stores().get(name));
  }
}
