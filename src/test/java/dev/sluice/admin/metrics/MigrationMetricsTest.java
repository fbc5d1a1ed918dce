package dev.sluice.admin.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.admin.FakeMigration;
import dev.sluice.api.BackfillStatus;
import dev.sluice.api.CutoverStatus;
import dev.sluice.api.VerifyStatus;
import dev.sluice.migration.phase.Phase;
import dev.sluice.migration.phase.PhaseRecord;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class MigrationMetricsTest {
  private static final PhaseRecord PHASE =
      new PhaseRecord(Phase.MIRROR, 3, "test", Instant.EPOCH, "because", "", "");

  private final FakeMigration migration = new FakeMigration();
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private boolean there = true;

  @Test
  void showsTheWholeMigrationInBaseUnits() {
    migration.cutoverStatus =
        FakeMigration.read(
            "{\"phase\":\"mirror\",\"epoch\":3,\"last_flip\":{\"held_ms\":250},"
                + "\"shadow_reads\":{\"compared\":10,\"different\":3,\"skipped\":2}}",
            CutoverStatus.class);
    migration.backfillStatus =
        FakeMigration.read(
            "{\"state\":\"throttled\",\"rows_total\":100,\"rows_copied\":40,\"rows_skipped\":2,"
                + "\"rows_superseded\":5}",
            BackfillStatus.class);
    migration.verifyStatus =
        FakeMigration.read(
            "{\"state\":\"running\",\"rows_compared\":77,"
                + "\"hours\":{\"unverified\":1,\"matched\":2,\"mismatched\":3,\"dirty\":4},"
                + "\"mismatches\":{\"missing\":6,\"extra\":7,\"value\":8,\"precision\":9}}",
            VerifyStatus.class);
    bind();

    assertThat(registry.scrape().lines())
        .contains(
            "sluice_phase{phase=\"mirror\"} 1.0",
            "sluice_phase{phase=\"questdb\"} 0.0",
            "sluice_epoch 3.0",
            "sluice_cutover_last_held_seconds 0.25",
            "sluice_shadow_reads_total{result=\"same\"} 7.0",
            "sluice_shadow_reads_total{result=\"different\"} 3.0",
            "sluice_shadow_reads_total{result=\"skipped\"} 2.0",
            "sluice_backfill_rows 100.0",
            "sluice_backfill_rows_copied_total 40.0",
            "sluice_backfill_rows_skipped_total 2.0",
            "sluice_backfill_rows_superseded_total 5.0",
            "sluice_backfill_state{state=\"throttled\"} 1.0",
            "sluice_backfill_state{state=\"running\"} 0.0",
            "sluice_parity_hours{state=\"unverified\"} 1.0",
            "sluice_parity_hours{state=\"matched\"} 2.0",
            "sluice_parity_hours{state=\"mismatched\"} 3.0",
            "sluice_parity_hours{state=\"dirty\"} 4.0",
            "sluice_verify_mismatches{class=\"precision\"} 9.0",
            "sluice_verify_rows_compared_total 77.0",
            "sluice_verify_state{state=\"running\"} 1.0");
  }

  @Test
  void asksEachPartOnceAScrape() {
    bind();

    registry.scrape();

    assertThat(migration.looks).hasValue(3);
  }

  @Test
  void keepsNothingThatTheGarbageCollectorCouldTake() {
    migration.backfillStatus =
        FakeMigration.read("{\"state\":\"running\",\"rows_copied\":40}", BackfillStatus.class);
    bind();
    System.gc();

    assertThat(registry.scrape().lines())
        .contains("sluice_phase{phase=\"mirror\"} 1.0", "sluice_backfill_rows_copied_total 40.0");
  }

  @Test
  void showsZerosWhileThePartsAreNotThere() {
    there = false;
    bind();

    assertThat(registry.scrape().lines())
        .contains(
            "sluice_backfill_rows_copied_total 0.0",
            "sluice_backfill_state{state=\"none\"} 0.0",
            "sluice_parity_hours{state=\"dirty\"} 0.0");
  }

  @Test
  void showsThePhaseOfANodeThatDoesNotLead() {
    there = false;
    new MigrationMetrics(
            () -> Optional.of(PHASE), Optional::empty, Optional::empty, Optional::empty)
        .bindTo(registry);

    assertThat(registry.scrape())
        .contains("sluice_phase{phase=\"mirror\"} 1.0", "sluice_epoch 3.0");
  }

  private void bind() {
    new MigrationMetrics(
            () -> there ? Optional.of(PHASE) : Optional.empty(),
            () -> there ? Optional.of(migration.cutover()) : Optional.empty(),
            () -> there ? Optional.of(migration.backfill()) : Optional.empty(),
            () -> there ? Optional.of(migration.verify()) : Optional.empty())
        .bindTo(registry);
  }
}
