package dev.sluice.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Trouble;
import dev.sluice.delivery.DeliveryStatus;
import dev.sluice.delivery.DeliveryStatus.State;
import dev.sluice.journal.JournalStats;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TroublesTest {
  private static final Instant START = Instant.parse("2026-11-22T03:00:00Z");

  private final Troubles troubles = new Troubles(START);
  private Instant now = START;

  @Test
  void findsNothingWrongWhereNothingIs() {
    assertThat(at(moment(running(0, 0, 0)))).isEmpty();
    assertThat(troubles.wellSince()).isEqualTo(START);
  }

  @Test
  void remembersSinceWhenAStoreHasBeenAway() {
    at(moment(running(0, 0, 0)));
    tick(10);
    at(moment(retrying("connection refused")));
    tick(90);
    List<Trouble> found = at(moment(retrying("no route to host")));

    assertThat(found).hasSize(1);
    assertThat(found.getFirst().what()).isEqualTo("mysql");
    assertThat(found.getFirst().since()).isEqualTo(START.plusSeconds(10));
    assertThat(found.getFirst().reason())
        .isEqualTo("mysql does not take readings: no route to host");
    assertThat(found.getFirst().remedy()).contains("nothing is lost");
  }

  @Test
  void isWellAgainFromTheMomentItIs() {
    at(moment(retrying("away")));
    tick(30);
    assertThat(at(moment(running(0, 0, 0)))).isEmpty();
    tick(5);
    at(moment(running(0, 0, 0)));

    assertThat(troubles.wellSince()).isEqualTo(START.plusSeconds(30));
  }

  @Test
  void countsANewOutageFromItsOwnBeginning() {
    at(moment(retrying("away")));
    tick(30);
    at(moment(running(0, 0, 0)));
    tick(30);

    assertThat(at(moment(retrying("away"))).getFirst().since()).isEqualTo(START.plusSeconds(60));
  }

  @Test
  void reportsUnaccountedReadings() {
    assertThat(at(moment(running(0, -3, 0))).getFirst().reason())
        .isEqualTo("-3 readings of mysql are unaccounted for, allowed is 0");
  }

  @Test
  void reportsDeadLettersForAQuarterOfAnHourAndCountsOnlyTheNewOnes() {
    assertThat(at(moment(running(7, 0, 0)))).as("those from before the start").isEmpty();
    tick(10);
    assertThat(at(moment(running(9, 0, 0))).getFirst().reason())
        .isEqualTo("mysql refused 2 readings: out of range");
    tick(600);
    assertThat(at(moment(running(10, 0, 0))).getFirst().reason())
        .isEqualTo("mysql refused 3 readings: out of range");
    tick(899);
    assertThat(at(moment(running(10, 0, 0)))).hasSize(1);
    tick(2);
    assertThat(at(moment(running(10, 0, 0)))).isEmpty();
    tick(1);
    assertThat(at(moment(running(11, 0, 0))).getFirst().reason()).contains("refused 1 readings");
  }

  @Test
  void doesNotTakeACounterThatBeginsAnewForGrowth() {
    at(moment(running(9, 0, 0)));
    assertThat(at(moment(running(0, 0, 0)))).isEmpty();
    assertThat(at(moment(running(0, 0, 0)))).isEmpty();
  }

  @Test
  void reportsAStoreThatIsFarBehind() {
    assertThat(at(moment(running(0, 0, 60)))).isEmpty();
    assertThat(at(moment(running(0, 0, 61))).getFirst().reason())
        .isEqualTo("mysql is 61 s behind, allowed are 60 s");
  }

  @Test
  void namesAFullJournalFirstAndOnce() {
    Moment full =
        new Moment(
            0,
            0,
            0,
            0,
            new JournalStats(0, 0, 100, 100, 0, 0, "journal holds 100 bytes"),
            Map.of("mysql", retrying("away")),
            Optional.of("journal has no room"),
            List.of(),
            Optional.empty());

    assertThat(at(full))
        .extracting(Trouble::reason)
        .containsExactly(
            "the journal takes no more readings: journal holds 100 bytes",
            "mysql does not take readings: away");
  }

  @Test
  void reportsAJournalMoreThanHalfFull() {
    assertThat(at(moment(journal(50, 0), Optional.empty(), List.of()))).isEmpty();
    assertThat(at(moment(journal(51, 0), Optional.empty(), List.of())).getFirst().reason())
        .isEqualTo("the journal is 51 % full, allowed is 50 %");
  }

  @Test
  void reportsReadingsThatTheJournalLost() {
    at(moment(journal(0, 5), Optional.empty(), List.of()));
    assertThat(at(moment(journal(0, 8), Optional.empty(), List.of())).getFirst().reason())
        .isEqualTo("3 readings were lost from the journal");
  }

  @Test
  void reportsWhyIngestRefusesAndWhatAStoreWarnsOf() {
    assertThat(at(moment(journal(0, 0), Optional.of("Sluice is starting"), List.of("two writers"))))
        .extracting(Trouble::reason)
        .containsExactly("two writers", "ingest accepts no readings: Sluice is starting");
  }

  @Test
  void reportsATokensFileThatIsRefusedWithTheLatestReason() {
    Instant begin = now;
    assertThat(at(withTokens("valid for another 23 h"))).hasSize(1);
    tick(3_600);

    Trouble trouble = at(withTokens("valid for another 22 h")).getFirst();

    assertThat(trouble.what()).isEqualTo("tokens");
    assertThat(trouble.reason()).isEqualTo("valid for another 22 h");
    assertThat(trouble.since()).isEqualTo(begin);
    assertThat(trouble.remedy()).contains("tokens check");
  }

  @Test
  void reportsRequestsThatWereTurnedAwayForAMinute() {
    at(withNotNow(0));
    tick(1);
    assertThat(at(withNotNow(4)).getFirst().reason())
        .isEqualTo("4 requests were told to try again later");
    tick(60);
    assertThat(at(withNotNow(4))).hasSize(1);
    tick(1);
    assertThat(at(withNotNow(4))).isEmpty();
  }

  private List<Trouble> at(Moment moment) {
    return troubles.at(moment, now);
  }

  private void tick(int seconds) {
    now = now.plus(Duration.ofSeconds(seconds));
  }

  private static Moment withTokens(String problem) {
    return new Moment(
        0, 0, 0, 0, journal(0, 0), Map.of(), Optional.empty(), List.of(), Optional.of(problem));
  }

  private static Moment withNotNow(long requests) {
    return new Moment(
        0, 0, 0, requests, journal(0, 0), Map.of(), Optional.empty(), List.of(), Optional.empty());
  }

  private static Moment moment(DeliveryStatus mysql) {
    return new Moment(
        0,
        0,
        0,
        0,
        journal(0, 0),
        Map.of("mysql", mysql),
        Optional.empty(),
        List.of(),
        Optional.empty());
  }

  private static Moment moment(
      JournalStats journal, Optional<String> refusal, List<String> warnings) {
    return new Moment(0, 0, 0, 0, journal, Map.of(), refusal, warnings, Optional.empty());
  }

  private static JournalStats journal(long bytes, long lost) {
    return new JournalStats(0, 0, bytes, 100, 0, lost, "");
  }

  private static DeliveryStatus running(long deadLetters, long residue, double lagSeconds) {
    return new DeliveryStatus(
        State.RUNNING, 0, 0, lagSeconds, 0, deadLetters, 0, "out of range", residue);
  }

  private static DeliveryStatus retrying(String error) {
    return new DeliveryStatus(State.RETRYING, 0, 0, 0, 0, 0, 0, error, 0);
  }
}
