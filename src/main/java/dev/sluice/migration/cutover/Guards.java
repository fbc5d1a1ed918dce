package dev.sluice.migration.cutover;

import dev.sluice.delivery.DeliveryStatus;
import dev.sluice.migration.Side;
import dev.sluice.migration.Sides;
import dev.sluice.migration.Stores;
import dev.sluice.migration.Words;
import dev.sluice.migration.cutover.ExplainedDeadLetters.Explained;
import dev.sluice.migration.cutover.Guard.Kind;
import dev.sluice.migration.phase.PhaseRecord;
import dev.sluice.migration.phase.Role;
import dev.sluice.reading.Counted;
import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.store.WalStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Checks the guards of a change. Changes nothing except for the canary's readings. A guard that
 * cannot be checked has failed. Thread-safe.
 */
final class Guards {
  /** How often a residue is checked before it counts: a live snapshot may be off for an instant. */
  private static final int LOOKS = 5;

  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(20);

  private final CutoverConfig config;
  private final Stores stores;
  private final Proofs proofs;
  private final ExplainedDeadLetters explained;
  private final InstantSource clock;

  Guards(
      CutoverConfig config,
      Stores stores,
      Proofs proofs,
      ExplainedDeadLetters explained,
      InstantSource clock) {
    this.config = config;
    this.stores = stores;
    this.proofs = proofs;
    this.explained = explained;
    this.clock = clock;
  }

  /**
   * Checks all guards of a change.
   *
   * @param confirm what was typed to confirm it; empty while no confirmation has been asked for
   */
  List<Guard> look(Transition change, PhaseRecord present, Optional<String> confirm)
      throws InterruptedException {
    return new Look(change, present, confirm).at(kind -> true);
  }

  /** Checks only the change's cheap guards. */
  List<Guard> watch(Transition change, PhaseRecord present) throws InterruptedException {
    return new Look(change, present, Optional.empty()).at(Kind::watched);
  }

  /** One check of the guards of one change. Confined to its thread. */
  private final class Look {
    private final Transition change;
    private final PhaseRecord present;
    private final Optional<String> confirm;
    private final Optional<Sides> both = stores.sides();
    private final Optional<Canary> canary =
        both.map(open -> new Canary(stores, open, config.timeout(), clock));

    Look(Transition change, PhaseRecord present, Optional<String> confirm) {
      this.change = change;
      this.present = present;
      this.confirm = confirm;
    }

    List<Guard> at(Predicate<Kind> which) throws InterruptedException {
      List<Guard> seen = new ArrayList<>();
      for (Kind kind : change.guards()) {
        if (which.test(kind)) {
          seen.add(at(kind));
        }
      }
      return seen;
    }

    private Guard at(Kind kind) throws InterruptedException {
      try {
        return switch (kind) {
          case SCHEMA -> schema();
          case TABLES -> tables();
          case BACKFILL -> backfill();
          case PARITY -> proven(kind, proofs.parityObjection());
          case REVERSE_PARITY -> proven(kind, proofs.parityObjectionSince(present.at()));
          case MIRROR_LAG -> mirrorLag();
          case SUSPENDED -> suspended();
          case DEAD_LETTERS -> deadLetters();
          case DURABILITY -> durability();
          case DISK -> disk();
          case MYSQL -> mysql();
          case CONSERVATION -> conservation();
          case CANARY -> canary.orElseThrow(NotOpenException::new).canary();
          case WAY_BACK -> canary.orElseThrow(NotOpenException::new).wayBack();
          case CONFIRMATION -> confirmation();
        };
      } catch (NotOpenException e) {
        return Guard.failed(
            kind, "unknown", "both stores open", "only one store is open: see sluice status");
      } catch (IOException | UnavailableException | RuntimeException e) {
        return Guard.failed(kind, "unknown", "known", "it cannot be checked: " + e.getMessage());
      }
    }

    private Guard schema() {
      Optional<String> problem =
          change == Transition.ROLL_BACK
              ? stores.schemaProblem(Role.LEGACY)
              : stores.schemaProblem();
      return problem
          .map(why -> Guard.failed(Kind.SCHEMA, "not as required", "as migrated", why))
          .orElseGet(() -> Guard.passed(Kind.SCHEMA, "as migrated", "as migrated"));
    }

    private Guard tables() {
      return proofs
          .tablesObjection(change.to())
          .map(why ->
              Guard.failed(Kind.TABLES, "changed or unknown", "the same as when proven", why))
          .orElseGet(() -> Guard.passed(Kind.TABLES, "unchanged", "the same as when proven"));
    }

    private Guard backfill() {
      return Guard.of(
          Kind.BACKFILL,
          proofs.backfillComplete(),
          proofs.backfillComplete() ? "complete" : "not complete",
          "complete and applied",
          "history from before the mirror is missing in QuestDB: run sluice backfill start");
    }

    private Guard proven(Kind kind, Optional<String> objection) {
      return objection
          .map(why -> Guard.failed(kind, "not proven", "every hour matched", why))
          .orElseGet(() -> Guard.passed(kind, "every hour matched", "every hour matched"));
    }

    private Guard mirrorLag() {
      Duration lag = proofs.visibleLag();
      return Guard.of(
          Kind.MIRROR_LAG,
          lag.compareTo(config.maxLag()) <= 0,
          Words.ms(lag),
          "at most " + Words.ms(config.maxLag()) + " (cutover.max-lag)",
          "readings become visible in QuestDB too late: wait until it has caught up, or give it"
              + " more resources");
    }

    private Guard suspended() throws UnavailableException {
      WalStatus status = open().next().log().orElseThrow().walStatus();
      return Guard.of(
          Kind.SUSPENDED,
          !status.suspended(),
          status.suspended() ? "suspended" : "applying",
          "applying",
          "QuestDB commits but does not apply ("
              + status.error()
              + "): fix the cause, then ALTER TABLE … RESUME WAL");
    }

    private Guard deadLetters() {
      List<String> seen = new ArrayList<>();
      boolean all = true;
      for (Side side : concerned()) {
        long letters = side.status().deadLetters();
        long accepted = explained.of(side).deadLetters();
        seen.add(side.name() + " " + letters + " (" + accepted + " explained)");
        all &= letters <= accepted;
      }
      return Guard.of(
          Kind.DEAD_LETTERS,
          all,
          String.join(", ", seen),
          "all explained",
          "readings were refused permanently: see data.dir/dead-letters, then resend them or"
              + " accept them with sluice cutover --explain-dead-letters SINK");
    }

    private Guard durability() throws UnavailableException {
      boolean syncs = open().next().log().orElseThrow().syncsCommits();
      return Guard.of(
          Kind.DURABILITY,
          syncs || !config.fsync(),
          syncs ? "QuestDB syncs commits" : "QuestDB does not sync commits",
          config.fsync() ? "synced, as journal.ack is not os" : "either, as journal.ack=os",
          "an ack survives a power cut, but QuestDB's commits do not: set its cairo.commit.mode"
              + " to sync");
    }

    private Guard disk() throws IOException {
      long free = Files.getFileStore(config.dataDirectory()).getUsableSpace();
      return Guard.of(
          Kind.DISK,
          free >= config.minFreeBytes(),
          Words.gib(free) + " free",
          "at least " + Words.gib(config.minFreeBytes()) + " (cutover.min-free-bytes)",
          "the disk of " + config.dataDirectory() + " is too full: free disk space");
    }

    private Guard mysql() {
      DeliveryStatus status = open().legacy().status();
      long lag = status.lagReadings();
      boolean near = status.lagSeconds() * 1_000 <= config.maxLag().toMillis();
      return Guard.of(
          Kind.MYSQL,
          near && status.state() == DeliveryStatus.State.RUNNING,
          status.state().label()
              + ", "
              + Words.ms(status.lagSeconds())
              + " behind"
              + (near || lag == 0 ? "" : " (" + Counted.of(lag, "reading") + ")"),
          "running, at most " + Words.ms(config.maxLag()) + " behind (cutover.max-lag)",
          "MySQL is not keeping up"
              + (status.trouble().isEmpty() ? "" : " (" + status.trouble() + ")")
              + ": wait until it has caught up, or fix the cause");
    }

    private Guard conservation() throws InterruptedException {
      List<String> seen = List.of();
      for (int i = 0; i < LOOKS; i++) {
        seen = unaccounted();
        if (seen.isEmpty()) {
          return Guard.passed(Kind.CONSERVATION, "all accounted for", "all accounted for");
        }
        Thread.sleep(BETWEEN_LOOKS);
      }
      return Guard.failed(
          Kind.CONSERVATION,
          String.join(", ", seen),
          "all accounted for",
          "readings that were acknowledged are not accounted for: see the journal's quarantine and"
              + " the log; accept lost ones with sluice cutover --explain-dead-letters SINK");
    }

    private List<String> unaccounted() {
      List<String> seen = new ArrayList<>();
      for (Side side : concerned()) {
        DeliveryStatus status = side.status();
        Explained accepted = explained.of(side);
        if (status.residue() != 0) {
          seen.add(side.name() + " residue " + status.residue());
        }
        if (status.lost() > accepted.lost()) {
          seen.add(side.name() + " lost " + status.lost());
        }
      }
      return seen;
    }

    private Guard confirmation() {
      boolean typed = confirm.map(config.table()::equals).orElse(true);
      return Guard.of(
          Kind.CONFIRMATION,
          typed,
          confirm.map(text -> "'" + text + "'").orElse("required on execute"),
          "'" + config.table() + "'",
          "there is no way back: type the name of the legacy table, --confirm " + config.table());
    }

    /** Going back to MySQL must not depend on what is wrong with QuestDB. */
    private List<Side> concerned() {
      return change == Transition.ROLL_BACK ? List.of(open().legacy()) : open().all();
    }

    private Sides open() {
      return both.orElseThrow(NotOpenException::new);
    }
  }

  private static final class NotOpenException extends RuntimeException {
    private static final long serialVersionUID = 1;

    NotOpenException() {
      super("only one store is open", null, false, false);
    }
  }
}
