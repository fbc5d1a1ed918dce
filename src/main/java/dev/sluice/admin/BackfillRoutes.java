package dev.sluice.admin;

import dev.sluice.api.BackfillStatus;
import dev.sluice.audit.AuditLog;
import dev.sluice.http.auth.TokenAuth;
import dev.sluice.migration.RefusedException;
import dev.sluice.migration.backfill.Backfill;
import dev.sluice.migration.backfill.BackfillConfig;
import dev.sluice.migration.backfill.Decisions;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import java.util.Locale;

/**
 * {@code /v1/backfill}: shows the progress of the backfill and controls it. Responds immediately;
 * the work continues in the background. Thread-safe.
 */
public final class BackfillRoutes implements HttpService {
  private enum Action {
    PREFLIGHT,
    START,
    PAUSE,
    RESUME,
    CANCEL,
    THROTTLE;

    String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @FunctionalInterface
  private interface Step {
    void run() throws RefusedException;
  }

  private final Control<Backfill> control;
  private final AuditLog audit;

  /**
   * Creates the routes; the caller registers them.
   *
   * @param backfill empty while Sluice starts or stops
   */
  public BackfillRoutes(OpenPart<Backfill> backfill, TokenAuth auth, AuditLog audit) {
    this.audit = audit;
    this.control = new Control<>("/v1/backfill", backfill, auth);
  }

  @Override
  public void routing(HttpRules rules) {
    control.routing(
        rules,
        (backfill, request) -> backfill.status(),
        new Control.Audited<>(
            audit,
            (backfill, body, line) -> change(backfill, body),
            "action",
            "decisions",
            "rows_per_second"));
  }

  private static BackfillStatus change(Backfill backfill, Members body)
      throws InvalidException, RefusedException {
    Action action = body.neededOneOf("action", Action.values(), Action::label);
    switch (action) {
      case PREFLIGHT -> alone(body, backfill::preflight);
      case START -> start(backfill, body);
      case PAUSE -> alone(body, backfill::pause);
      case RESUME -> alone(body, backfill::resume);
      case CANCEL -> alone(body, backfill::cancel);
      case THROTTLE -> throttle(backfill, body);
    }
    return backfill.status();
  }

  private static void alone(Members body, Step step) throws InvalidException, RefusedException {
    body.allowOnly("action");
    step.run();
  }

  private static void start(Backfill backfill, Members body)
      throws InvalidException, RefusedException {
    body.allowOnly("action", "decisions");
    try {
      backfill.start(Decisions.parse(body.texts("decisions")));
    } catch (Decisions.UnknownException e) {
      throw new InvalidException("decisions: " + e.getMessage());
    }
  }

  private static void throttle(Backfill backfill, Members body)
      throws InvalidException, RefusedException {
    body.allowOnly("action", "rows_per_second");
    backfill.throttle(
        body.count(
            "rows_per_second",
            BackfillConfig.MAX_ROWS_PER_SECOND,
            "give the rows per second; 0: no limit"));
  }
}
