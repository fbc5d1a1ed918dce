package dev.sluice.api;

import jakarta.json.bind.annotation.JsonbNillable;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The answer of {@code GET /v1/doctor}.
 *
 * @param verdict {@code ok}, {@code advice} or {@code broken}: the worst level of all checks, those
 *     that are unknown left out
 * @param checks in the order in which they are shown, grouped
 */
public record DoctorReport(String verdict, List<Check> checks) {
  public DoctorReport {
    Objects.requireNonNull(verdict, "verdict");
    checks = Objects.requireNonNullElse(checks, List.of());
  }

  /**
   * One check.
   *
   * @param group {@code kernel}, {@code jvm}, {@code disk}, {@code clock}, {@code stores} or {@code
   *     doors}
   * @param level {@code ok}, {@code advice}, {@code broken} or {@code unknown}
   * @param seen what is there
   * @param wanted what would be fine
   * @param why what happens otherwise
   * @param mend the command or setting that mends it
   */
  public record Check(
      String group,
      String name,
      String level,
      String seen,
      String wanted,
      String why,
      @JsonbNillable(false) @Nullable String mend) {}
}
