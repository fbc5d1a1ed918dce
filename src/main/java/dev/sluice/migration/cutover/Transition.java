package dev.sluice.migration.cutover;

import dev.sluice.migration.cutover.Guard.Kind;
import dev.sluice.migration.phase.Phase;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** All phase changes: what guards each, and what it would do, in words. */
enum Transition {
  JOIN(
      Phase.MYSQL,
      Phase.MIRROR,
      List.of(Kind.SCHEMA, Kind.DISK),
      List.of(
          "open QuestDB and start its cursor at the journal's end",
          "start delivery to QuestDB",
          "save phase mirror",
          "reads stay with MySQL; sluice backfill copies what came before")),
  LEAVE(
      Phase.MIRROR,
      Phase.MYSQL,
      List.of(Kind.MYSQL),
      List.of(
          "save phase mysql",
          "stop delivery to QuestDB, close it and forget its cursor",
          "reads stay with MySQL; backfill and verify start over when the mirror is joined again")),
  CUT_OVER(
      Phase.MIRROR,
      Phase.QUESTDB,
      List.of(
          Kind.SCHEMA,
          Kind.BACKFILL,
          Kind.PARITY,
          Kind.MIRROR_LAG,
          Kind.SUSPENDED,
          Kind.DEAD_LETTERS,
          Kind.DURABILITY,
          Kind.DISK,
          Kind.MYSQL,
          Kind.CONSERVATION,
          Kind.CANARY,
          Kind.WAY_BACK,
          Kind.TABLES),
      List.of(
          "check all guards again",
          "wait until QuestDB shows everything acknowledged by then; reads continue from MySQL",
          "hold reads and wait for what was acknowledged in the meantime; writes are not held",
          "save phase questdb",
          "let reads continue from QuestDB; MySQL keeps following, for sluice rollback")),
  ROLL_BACK(
      Phase.QUESTDB,
      Phase.MIRROR,
      List.of(Kind.MYSQL, Kind.DEAD_LETTERS, Kind.SCHEMA, Kind.CONSERVATION, Kind.TABLES),
      List.of(
          "check all guards again",
          "wait until MySQL has everything acknowledged by then; reads continue from QuestDB",
          "hold reads and wait for what was acknowledged in the meantime; writes are not held",
          "save phase mirror",
          "let reads continue from MySQL; QuestDB keeps following")),
  RETIRE(
      Phase.QUESTDB,
      Phase.RETIRED,
      List.of(
          Kind.CONFIRMATION,
          Kind.REVERSE_PARITY,
          Kind.SCHEMA,
          Kind.MIRROR_LAG,
          Kind.SUSPENDED,
          Kind.DEAD_LETTERS,
          Kind.DURABILITY,
          Kind.DISK,
          Kind.MYSQL,
          Kind.CONSERVATION,
          Kind.TABLES),
      List.of(
          "check all guards again",
          "wait until MySQL, soon the archive, has everything acknowledged by then",
          "save phase retired: there is no way back from it",
          "stop delivery to MySQL and forget its cursor",
          "nothing is dropped: archive the legacy table with your usual dump, test the archive,"
              + " then drop the table yourself"));

  private final Phase from;
  private final Phase to;

  @SuppressWarnings("ImmutableEnumChecker") // made by List.of, above
  private final List<Kind> guards;

  @SuppressWarnings("ImmutableEnumChecker")
  private final List<String> would;

  Transition(Phase from, Phase to, List<Kind> guards, List<String> would) {
    this.from = from;
    this.to = to;
    this.guards = guards;
    this.would = would;
  }

  /** The change between these phases; empty if there is none. */
  static Optional<Transition> between(Phase from, Phase to) {
    return Arrays.stream(values()).filter(t -> t.from == from && t.to == to).findFirst();
  }

  Phase from() {
    return from;
  }

  Phase to() {
    return to;
  }

  /** In the order they are checked: those that wait come before the tables, which must be last. */
  List<Kind> guards() {
    return guards;
  }

  /** What would happen, step by step. */
  List<String> would() {
    return would;
  }
}
