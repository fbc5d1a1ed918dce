package dev.sluice.admin;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Json;
import dev.sluice.api.Status;
import dev.sluice.audit.AuditLog;
import dev.sluice.cli.text.StatusText;
import dev.sluice.http.RawHttp.Answer;
import dev.sluice.http.auth.TokenAuth;
import dev.sluice.journal.JournalConfig;
import dev.sluice.journal.JournalStats;
import dev.sluice.migration.StoreNames;
import dev.sluice.migration.phase.Phase;
import dev.sluice.migration.phase.PhaseRecord;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A node that does not lead. */
class ElsewhereTest {
  private static final StoreNames NAMES = new StoreNames("mysql", "questdb");
  private static final String LEADER = "node b leads; ask it, at http://b:8081";

  /** A part that another node has. */
  private static <T> OpenPart<T> elsewhere() {
    return new OpenPart<>() {
      @Override
      public Optional<T> now() {
        return Optional.empty();
      }

      @Override
      public Optional<String> elsewhere() {
        return Optional.of(LEADER);
      }
    };
  }

  @Test
  void namesTheLeaderInsteadOfAnsweringForIt() {
    TokenAuth auth = TokenAuth.everybody();
    AuditLog audit = AdminPort.audit();
    try (AdminPort port =
        new AdminPort(
            new CutoverRoutes(elsewhere(), NAMES, auth, audit),
            new BackfillRoutes(elsewhere(), auth, audit),
            new FleetRoutes(elsewhere(), auth, audit))) {
      for (Answer answer :
          List.of(
              port.get("/v1/cutover"),
              port.post("/v1/backfill", "{'action':'start'}"),
              port.get("/v1/fleet"),
              port.get("/v1/fleet/gaps"))) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(421);
        assertThat(answer.body()).contains(" is not answered here: " + LEADER);
      }
    }
  }

  @Test
  void saysOfEachStoreWhetherAnotherNodeDeliversOrThePhaseLeavesItOut() {
    Status mysql = status(Optional.of(phase(Phase.MYSQL)));
    Status mirror = status(Optional.of(phase(Phase.MIRROR)));

    assertThat(state(mysql, "mysql")).isEqualTo("elsewhere");
    assertThat(state(mysql, "questdb")).isEqualTo("off");
    assertThat(state(mirror, "questdb")).isEqualTo("elsewhere");
    assertThat(mirror.conservation()).containsEntry("mysql", null);
    assertThat(status(Optional.empty()).phase()).isEqualTo("unknown");
    assertThat(Json.write(mirror))
        .contains(
            "{\"id\":\"b\",\"roles\":[\"delivery\"],\"state\":\"live\",\"leads\":true,\"epoch\":3,"
                + "\"seen_seconds\":0.4,\"ingest_url\":\"http://b:8080\","
                + "\"admin_url\":\"http://b:8081\",\"self\":false,\"partitions\":8,"
                + "\"dead_letter_bytes\":1234}");
  }

  @Test
  void listsTheNodesForPeople() {
    assertThat(StatusText.of(status(Optional.of(phase(Phase.MIRROR)))).lines())
        .contains(
            "mysql    delivered by other nodes",
            "nodes    a (this one): ingest, live, admin http://a:8081",
            "         b: delivery, leads, delivers 8 partitions, admin http://b:8081, has 1.2 KiB"
                + " of dead letters",
            "         c: ingest+delivery, gone for 9 s");
  }

  @Test
  void addsUpWhatSeveralNodesDeliver() {
    Status.Sink own = new Status.Sink("running", 10L, 3L, 0.5, 20L, 1L, 2L, null, null);

    Status.Sink both = own.plus(Status.Sink.elsewhere(100, 30, 0.25, 200, 10, 20));

    assertThat(both)
        .isEqualTo(new Status.Sink("running", 110L, 33L, 0.5, 220L, 11L, 22L, null, null));
    assertThat(Status.Sink.OFF.plus(both)).isEqualTo(Status.Sink.OFF);
  }

  private static PhaseRecord phase(Phase phase) {
    return new PhaseRecord(phase, 3, "test", Instant.EPOCH, "because", "", "");
  }

  private static Status status(Optional<PhaseRecord> phase) {
    return new StatusReport(
            () -> phase,
            () -> new JournalStats(0, 0, 0, 1, 0, 0, ""),
            JournalConfig.Ack.REPLICATED,
            NAMES,
            Map::of,
            Optional::empty,
            () -> 0,
            () -> 0,
            Map::of,
            () -> 0,
            Map::of,
            Optional::empty,
            Optional::empty,
            List::of,
            () -> null,
            Optional.empty(),
            () ->
                List.of(
                    node("a", List.of("ingest"), Status.Node.LIVE, false, true),
                    node("b", List.of("delivery"), Status.Node.LIVE, true, false),
                    node("c", List.of("ingest", "delivery"), Status.Node.GONE, false, false)),
            Map::of)
        .status();
  }

  private static Status.Node node(
      String id, List<String> roles, String state, boolean leads, boolean self) {
    return new Status.Node(
        id,
        roles,
        state,
        leads,
        3,
        state.equals(Status.Node.LIVE) ? 0.4 : 9.2,
        "http://" + id + ":8080",
        "http://" + id + ":8081",
        self,
        leads ? 8 : null,
        leads ? 1_234L : null);
  }

  private static String state(Status status, String store) {
    return requireNonNull(status.sinks().get(store)).state();
  }
}
