package dev.sluice.admin.metrics;

import dev.sluice.api.BackfillStatus;
import dev.sluice.api.CutoverStatus;
import dev.sluice.api.CutoverStatus.LastFlip;
import dev.sluice.api.CutoverStatus.ShadowReads;
import dev.sluice.api.HourCounts;
import dev.sluice.api.MismatchCounts;
import dev.sluice.api.VerifyStatus;
import dev.sluice.migration.backfill.Backfill;
import dev.sluice.migration.cutover.Cutover;
import dev.sluice.migration.phase.Phase;
import dev.sluice.migration.phase.PhaseRecord;
import dev.sluice.migration.verify.Verify;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/**
 * The meters of the migration: phase, backfill, parity, shadow reads. Read at the scrape, from what
 * the routes show; 0 while a part is not there. Thread-safe.
 */
public final class MigrationMetrics implements MeterBinder {
  private static final List<String> BACKFILL_STATES =
      List.of(
          "none", "preflight", "running", "paused", "throttled", "cancelled", "failed", "complete");
  private static final List<String> VERIFY_STATES =
      List.of("idle", "running", "failed", "cancelled", "done");

  private final Supplier<Optional<PhaseRecord>> phase;
  private final Scraped<CutoverStatus> cutover;
  private final Scraped<BackfillStatus> backfill;
  private final Scraped<VerifyStatus> verify;

  /**
   * Binds nothing yet.
   *
   * @param phase the one in force, if it is known
   * @param cutover empty while Sluice starts or stops, or does not lead, as are the others
   */
  public MigrationMetrics(
      Supplier<Optional<PhaseRecord>> phase,
      Supplier<Optional<Cutover>> cutover,
      Supplier<Optional<Backfill>> backfill,
      Supplier<Optional<Verify>> verify) {
    this.phase = phase;
    this.cutover = new Scraped<>(() -> cutover.get().map(Cutover::status));
    this.backfill = new Scraped<>(() -> backfill.get().map(Backfill::status));
    this.verify = new Scraped<>(() -> verify.get().map(Verify::status));
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    bindPhase(registry);
    bindShadowReads(registry);
    bindBackfill(registry);
    bindVerify(registry);
  }

  private void bindPhase(MeterRegistry registry) {
    for (Phase one : Phase.values()) {
      Gauge.builder("sluice.phase", () -> isIn(one) ? 1 : 0)
          .tag("phase", one.label())
          .description("1 for the phase in force, 0 for the others")
          .register(registry);
    }
    Gauge.builder("sluice.epoch", () -> phase.get().map(PhaseRecord::epoch).orElse(0L))
        .description("Grows by one with every change of the phase")
        .register(registry);
    Gauge.builder(
            "sluice.cutover.last.held", () -> cutover.number(MigrationMetrics::heldMs) / 1_000)
        .baseUnit("seconds")
        .description("How long the last flip since the start held reads")
        .register(registry);
  }

  private boolean isIn(Phase one) {
    return phase.get().filter(record -> record.phase() == one).isPresent();
  }

  private void bindShadowReads(MeterRegistry registry) {
    shadow(registry, "same", reads -> reads.compared() - reads.different());
    shadow(registry, "different", ShadowReads::different);
    shadow(registry, "skipped", ShadowReads::skipped);
  }

  private void shadow(MeterRegistry registry, String result, ToDoubleFunction<ShadowReads> number) {
    counter("sluice.shadow.reads", () -> cutover.number(its -> shadow(its, number)))
        .tag("result", result)
        .description("Reads also run against the other store, by result of the comparison")
        .register(registry);
  }

  private static double shadow(CutoverStatus cutover, ToDoubleFunction<ShadowReads> number) {
    ShadowReads reads = cutover.shadowReads();
    return reads == null ? 0 : number.applyAsDouble(reads);
  }

  private static double heldMs(CutoverStatus cutover) {
    LastFlip last = cutover.lastFlip();
    return last == null ? 0 : last.heldMs();
  }

  private static double rowsTotal(BackfillStatus backfill) {
    Long total = backfill.rowsTotal();
    return total == null ? 0 : total;
  }

  /**
   * The registry references {@code value} weakly but the function strongly; the function captures
   * {@code value}, which keeps it alive.
   */
  private static FunctionCounter.Builder<DoubleSupplier> counter(
      String name, DoubleSupplier value) {
    return FunctionCounter.builder(name, value, ignored -> value.getAsDouble());
  }

  private void bindBackfill(MeterRegistry registry) {
    rows(registry, "copied", BackfillStatus::rowsCopied, "Rows written to QuestDB");
    rows(registry, "skipped", BackfillStatus::rowsSkipped, "Rows left out by decision");
    rows(
        registry,
        "superseded",
        BackfillStatus::rowsSuperseded,
        "Rows for which the mirror had already delivered a newer value");
    Gauge.builder("sluice.backfill.rows", () -> backfill.number(MigrationMetrics::rowsTotal))
        .description("Rows the backfill has to copy")
        .register(registry);
    states(
        registry,
        "sluice.backfill.state",
        BACKFILL_STATES,
        state -> backfill.is(BackfillStatus::state, state));
  }

  private void rows(
      MeterRegistry registry,
      String what,
      ToDoubleFunction<BackfillStatus> rows,
      String description) {
    counter("sluice.backfill.rows." + what, () -> backfill.number(rows))
        .description(description + " by this backfill")
        .register(registry);
  }

  private void bindVerify(MeterRegistry registry) {
    hours(registry, "unverified", HourCounts::unverified);
    hours(registry, "matched", HourCounts::matched);
    hours(registry, "mismatched", HourCounts::mismatched);
    hours(registry, "dirty", HourCounts::dirty);
    mismatches(registry, "missing", MismatchCounts::missing);
    mismatches(registry, "extra", MismatchCounts::extra);
    mismatches(registry, "value", MismatchCounts::value);
    mismatches(registry, "precision", MismatchCounts::precision);
    counter("sluice.verify.rows.compared", () -> verify.number(VerifyStatus::rowsCompared))
        .description("Rows compared by this run")
        .register(registry);
    states(
        registry,
        "sluice.verify.state",
        VERIFY_STATES,
        state -> verify.is(VerifyStatus::state, state));
  }

  private void hours(MeterRegistry registry, String state, ToDoubleFunction<HourCounts> hours) {
    Gauge.builder(
            "sluice.parity.hours", () -> verify.number(its -> hours.applyAsDouble(its.hours())))
        .tag("state", state)
        .description("Hours with readings, by what is known about whether the stores agree")
        .register(registry);
  }

  private void mismatches(
      MeterRegistry registry, String kind, ToDoubleFunction<MismatchCounts> readings) {
    Gauge.builder(
            "sluice.verify.mismatches",
            () -> verify.number(its -> readings.applyAsDouble(its.mismatches())))
        .tag("class", kind)
        .description("Differences found by the last run")
        .register(registry);
  }

  private static void states(
      MeterRegistry registry, String name, List<String> states, ToDoubleFunction<String> isIn) {
    for (String state : states) {
      Gauge.builder(name, () -> isIn.applyAsDouble(state))
          .tag("state", state)
          .description("1 for the current state, 0 for the others")
          .register(registry);
    }
  }
}
