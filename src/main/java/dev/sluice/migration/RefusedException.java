package dev.sluice.migration;

import dev.sluice.api.ReadinessReport;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An operator's request was refused; nothing has changed. The message says what was asked, why it
 * is refused, observed against allowed, and what to do next.
 */
public final class RefusedException extends Exception {
  private static final long serialVersionUID = 1;

  private final transient @Nullable ReadinessReport report;

  public RefusedException(String message) {
    super(message);
    this.report = null;
  }

  /**
   * Refuses a request because of failed guards.
   *
   * @param report the readiness report whose guards failed
   */
  public RefusedException(String message, ReadinessReport report) {
    super(message);
    this.report = report;
  }

  /** The readiness report whose guards failed; empty if the refusal was not about guards. */
  public Optional<ReadinessReport> report() {
    return Optional.ofNullable(report);
  }
}
