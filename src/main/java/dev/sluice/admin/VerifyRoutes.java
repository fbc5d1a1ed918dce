package dev.sluice.admin;

import dev.sluice.api.Json;
import dev.sluice.api.ParityHour;
import dev.sluice.api.RepairResult;
import dev.sluice.api.VerifyIdle;
import dev.sluice.api.VerifyStatus;
import dev.sluice.audit.AuditLog;
import dev.sluice.http.auth.TokenAuth;
import dev.sluice.migration.RefusedException;
import dev.sluice.migration.verify.Verify;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * {@code /v1/verify}: whether the stores agree, by hour, and what to do about it. {@code start}
 * responds immediately, {@code repair} once it is done; it changes nothing without {@code execute}.
 * Thread-safe.
 */
public final class VerifyRoutes implements HttpService {
  private enum Action {
    START,
    CANCEL,
    REPAIR;

    String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private static final int HOUR_LENGTH = "2026-11-22T03".length();
  private static final Instant END = Instant.parse("+10000-01-01T00:00:00Z");

  private final Control<Verify> control;
  private final AuditLog audit;

  /**
   * Creates the routes; the caller registers them.
   *
   * @param verify empty while Sluice starts or stops
   */
  public VerifyRoutes(OpenPart<Verify> verify, TokenAuth auth, AuditLog audit) {
    this.audit = audit;
    this.control = new Control<>("/v1/verify", verify, auth);
  }

  @Override
  public void routing(HttpRules rules) {
    control.routing(
        rules,
        (verify, request) -> shown(verify.status()),
        VerifyRoutes::map,
        new Control.Audited<>(
            audit, (verify, body, line) -> change(verify, body), "action", "scope", "execute"));
  }

  private static Record shown(VerifyStatus status) {
    return status.startedAt() == null ? VerifyIdle.of(status) : status;
  }

  /** With {@code map=true} the map follows all other members. */
  private static Optional<Control.Tail> map(Verify verify, ServerRequest request)
      throws InvalidException {
    if (!wantsMap(request)) {
      return Optional.empty();
    }
    Instant from = instant(request, "from", Instant.EPOCH);
    Instant to = instant(request, "to", END);
    return Optional.of(out -> {
      out.write(",\"map\":[");
      Iterator<ParityHour> hours = verify.hours(from, to).iterator();
      while (hours.hasNext()) {
        out.write(Json.write(hours.next()));
        out.write(hours.hasNext() ? "," : "");
      }
      out.write("]");
    });
  }

  private static boolean wantsMap(ServerRequest request) throws InvalidException {
    String map = text(request, "map").orElse("false");
    if (!List.of("true", "false").contains(map)) {
      throw new InvalidException("map is " + map + ", allowed are true, false");
    }
    return Boolean.parseBoolean(map);
  }

  /** ISO 8601 with an offset, or an hour as the map spells it. */
  private static Instant instant(ServerRequest request, String name, Instant absent)
      throws InvalidException {
    Optional<String> text = text(request, name);
    if (text.isEmpty()) {
      return absent;
    }
    String iso = text.get().replace(' ', '+');
    try {
      return OffsetDateTime.parse(iso.length() == HOUR_LENGTH ? iso + ":00Z" : iso).toInstant();
    } catch (DateTimeException e) {
      throw new InvalidException(
          name
              + " is "
              + text.get()
              + ", allowed are ISO 8601 with an offset, like 2026-11-21T22:00:00Z, and hours, like"
              + " 2026-11-21T22");
    }
  }

  private static Optional<String> text(ServerRequest request, String name) {
    return request.query().isEmpty() ? Optional.empty() : request.query().first(name).asOptional();
  }

  private static Record change(Verify verify, Members body)
      throws InvalidException, RefusedException {
    Action action = body.neededOneOf("action", Action.values(), Action::label);
    return switch (action) {
      case START -> start(verify, body);
      case CANCEL -> cancel(verify, body);
      case REPAIR -> repair(verify, body);
    };
  }

  private static VerifyStatus start(Verify verify, Members body)
      throws InvalidException, RefusedException {
    body.allowOnly("action", "scope");
    verify.start(
        body.oneOf("scope", Verify.Scope.values(), VerifyRoutes::label)
            .orElse(Verify.Scope.NEEDED));
    return verify.status();
  }

  private static String label(Verify.Scope scope) {
    return scope.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static VerifyStatus cancel(Verify verify, Members body)
      throws InvalidException, RefusedException {
    body.allowOnly("action");
    verify.cancel();
    return verify.status();
  }

  private static RepairResult repair(Verify verify, Members body)
      throws InvalidException, RefusedException {
    body.allowOnly("action", "execute");
    return verify.repair(body.flag("execute"));
  }
}
