package dev.sluice.migration;

import jakarta.json.JsonObject;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What an operator asked for is not done; nothing has changed. The message says what was asked, why
 * it is refused, observed against allowed, and what to do next.
 */
public final class RefusedException extends Exception {
  private static final long serialVersionUID = 1;

  private final transient @Nullable JsonObject report;

  public RefusedException(String message) {
    super(message);
    this.report = null;
  }

  /**
   * @param report the readiness report whose guards failed
   */
  public RefusedException(String message, JsonObject report) {
    super(message);
    this.report = report;
  }

  /** The readiness report whose guards failed; empty when it was not about guards. */
  public Optional<JsonObject> report() {
    return Optional.ofNullable(report);
  }
}
