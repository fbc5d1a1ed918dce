package dev.sluice.admin;

import dev.sluice.api.ExplainedResult;
import dev.sluice.api.ReadinessReport;
import dev.sluice.audit.AuditLog;
import dev.sluice.http.auth.TokenAuth;
import dev.sluice.migration.RefusedException;
import dev.sluice.migration.StoreNames;
import dev.sluice.migration.cutover.Cutover;
import dev.sluice.migration.phase.Phase;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * {@code /v1/cutover}: the phase, readiness reports and the flip. A POST changes nothing unless its
 * body says {@code execute}. Thread-safe.
 */
public final class CutoverRoutes implements HttpService {
  private static final int MOST_NAME = 128;
  private static final int MOST_REASON = 1_000;

  /** An id becomes a file name: nothing in it may lead to another directory. */
  private static final Pattern REPORT_ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9:._-]{0,63}");

  private final Control<Cutover> control;
  private final AuditLog audit;
  private final String[] sinks;

  /**
   * Creates the routes; the caller registers them.
   *
   * @param cutover empty while Sluice starts or stops
   */
  public CutoverRoutes(
      OpenPart<Cutover> cutover, StoreNames names, TokenAuth auth, AuditLog audit) {
    this.audit = audit;
    this.sinks = names.all().toArray(String[]::new);
    this.control = new Control<>("/v1/cutover", cutover, auth);
  }

  @Override
  public void routing(HttpRules rules) {
    control.routing(
        rules,
        (cutover, request) -> cutover.status(),
        new Control.Audited<>(
            audit, this::change, "to", "execute", "report", "explain_dead_letters"));
  }

  private Record change(Cutover cutover, Members body, String line)
      throws InvalidException, RefusedException {
    if (body.has("explain_dead_letters")) {
      return explain(cutover, body);
    }
    body.allowOnly("to", "execute", "report", "by", "reason", "confirm");
    Phase to = body.neededOneOf("to", Phase.values(), Phase::label);
    return body.flag("execute") ? cutover.flip(flip(to, body, line)) : report(cutover, to, body);
  }

  /** Refuses members of a flip without {@code execute}: the caller believes this is a flip. */
  private static ReadinessReport report(Cutover cutover, Phase to, Members body)
      throws InvalidException, RefusedException {
    if (body.has("report")) {
      throw new InvalidException(
          "report is given without execute: add \"execute\":true to go to "
              + to.label()
              + ", or leave report out for a new one");
    }
    return cutover.report(to);
  }

  private static Cutover.Flip flip(Phase to, Members body, String line) throws InvalidException {
    String report =
        body.needed(
            "report",
            MOST_NAME,
            "a flip must name its readiness report; the same request without execute makes one");
    if (!REPORT_ID.matcher(report).matches()) {
      throw new InvalidException("report is " + report + ", which is not a report id");
    }
    return new Cutover.Flip(
        to,
        report,
        by(body),
        reason(body).orElse(""),
        body.text("confirm", MOST_NAME).orElse(""),
        line);
  }

  private ExplainedResult explain(Cutover cutover, Members body)
      throws InvalidException, RefusedException {
    body.allowOnly("explain_dead_letters", "by", "reason");
    String sink = body.neededOneOf("explain_dead_letters", sinks, Function.identity());
    String reason =
        reason(body)
            .filter(text -> !text.isBlank())
            .orElseThrow(() ->
                new InvalidException(
                    "reason is missing: say why the dead letters of "
                        + sink
                        + " may be missing from it"));
    return cutover.explainDeadLetters(sink, by(body), reason);
  }

  private static String by(Members body) throws InvalidException {
    return body.needed(
        "by", MOST_NAME, "name who requests the change; it is recorded with the phase");
  }

  private static Optional<String> reason(Members body) throws InvalidException {
    return body.text("reason", MOST_REASON);
  }
}
