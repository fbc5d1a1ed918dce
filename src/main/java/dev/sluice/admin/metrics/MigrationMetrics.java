package dev.sluice.admin.metrics;

import dev.sluice.migration.backfill.Backfill;
import dev.sluice.migration.cutover.Cutover;
import dev.sluice.migration.phase.Phase;
import dev.sluice.migration.verify.Verify;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

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

  private final Glance cutover;
  private final Glance backfill;
  private final Glance verify;

  /**
   * Binds nothing yet.
   *
   * @param cutover empty while Sluice starts or stops, as are the others
   */
  public MigrationMetrics(
      Supplier<Optional<Cutover>> cutover,
      Supplier<Optional<Backfill>> backfill,
      Supplier<Optional<Verify>> verify) {
    this.cutover = new Glance(() -> cutover.get().map(Cutover::json));
    this.backfill = new Glance(() -> backfill.get().map(each -> object(each.status())));
    this.verify = new Glance(() -> verify.get().map(each -> object(each.status())));
  }

  private static jakarta.json.JsonObject object(Record status) {
    try (var reader =
        jakarta.json.Json.createReader(
            new java.io.StringReader(dev.sluice.api.Json.write(status)))) {
      return reader.readObject();
    }
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
      Gauge.builder("sluice.phase", () -> cutover.text("phase").equals(one.label()) ? 1 : 0)
          .tag("phase", one.label())
          .description("1 for the phase in force, 0 for the others")
          .register(registry);
    }
    Gauge.builder("sluice.epoch", () -> cutover.number("epoch"))
        .description("Increases by one with each phase change")
        .register(registry);
    Gauge.builder("sluice.cutover.last.held", () -> cutover.number("last_flip", "held_ms") / 1_000)
        .baseUnit("seconds")
        .description("How long the last flip since the start held reads")
        .register(registry);
  }

  private void bindShadowReads(MeterRegistry registry) {
    shadow(registry, "same", () -> shadow("compared") - shadow("different"));
    shadow(registry, "different", () -> shadow("different"));
    shadow(registry, "skipped", () -> shadow("skipped"));
  }

  private void shadow(MeterRegistry registry, String result, DoubleSupplier reads) {
    counter("sluice.shadow.reads", reads)
        .tag("result", result)
        .description("Reads also run against the other store, by result of the comparison")
        .register(registry);
  }

  private double shadow(String member) {
    return cutover.number("shadow_reads", member);
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
    rows(registry, "copied", "Rows written to QuestDB");
    rows(registry, "skipped", "Rows left out by decision");
    rows(registry, "superseded", "Rows for which the mirror had already delivered a newer value");
    Gauge.builder("sluice.backfill.rows", () -> backfill.number("rows_total"))
        .description("Rows the backfill has to copy")
        .register(registry);
    states(registry, "sluice.backfill.state", BACKFILL_STATES, backfill);
  }

  private void rows(MeterRegistry registry, String what, String description) {
    String member = "rows_" + what;
    counter("sluice.backfill.rows." + what, () -> backfill.number(member))
        .description(description + " by this backfill")
        .register(registry);
  }

  private void bindVerify(MeterRegistry registry) {
    for (String state : List.of("unverified", "matched", "mismatched", "dirty")) {
      Gauge.builder("sluice.parity.hours", () -> verify.number("hours", state))
          .tag("state", state)
          .description("Hours with readings, by what is known about whether the stores agree")
          .register(registry);
    }
    for (String difference : List.of("missing", "extra", "value", "precision")) {
      Gauge.builder("sluice.verify.mismatches", () -> verify.number("mismatches", difference))
          .tag("class", difference)
          .description("Differences found by the last run")
          .register(registry);
    }
    counter("sluice.verify.rows.compared", () -> verify.number("rows_compared"))
        .description("Rows compared by this run")
        .register(registry);
    states(registry, "sluice.verify.state", VERIFY_STATES, verify);
  }

  private static void states(
      MeterRegistry registry, String name, List<String> states, Glance glance) {
    for (String state : states) {
      Gauge.builder(name, () -> glance.text("state").equals(state) ? 1 : 0)
          .tag("state", state)
          .description("1 for the current state, 0 for the others")
          .register(registry);
    }
  }
}
