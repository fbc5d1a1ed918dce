package dev.sluice.admin;

import dev.sluice.cutover.RefusedException;
import dev.sluice.cutover.Verify;
import dev.sluice.http.TokenAuth;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * {@code /v1/verify}: whether the stores agree, by hour, and what to do about it. {@code start}
 * answers at once, {@code repair} when it is done; it changes nothing without {@code execute}.
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

  private final Control<Verify> control;

  /**
   * Routes that are not registered yet.
   *
   * @param verify empty while Sluice starts or stops
   */
  public VerifyRoutes(Supplier<Optional<Verify>> verify, TokenAuth auth) {
    this.control = new Control<>("/v1/verify", verify, auth);
  }

  @Override
  public void routing(HttpRules rules) {
    control.routing(rules, VerifyRoutes::show, VerifyRoutes::change);
  }

  private static JsonObject show(Verify verify, ServerRequest request) throws InvalidException {
    return wantsMap(request)
        ? Json.createObjectBuilder(verify.json()).add("map", verify.map()).build()
        : verify.json();
  }

  private static boolean wantsMap(ServerRequest request) throws InvalidException {
    String map = request.query().isEmpty() ? "false" : request.query().first("map").orElse("false");
    if (!List.of("true", "false").contains(map)) {
      throw new InvalidException("map is " + map + ", allowed are true, false");
    }
    return Boolean.parseBoolean(map);
  }

  private static JsonObject change(Verify verify, Members body)
      throws InvalidException, RefusedException {
    Action action = body.neededOneOf("action", Action.values(), Action::label);
    return switch (action) {
      case START -> start(verify, body);
      case CANCEL -> cancel(verify, body);
      case REPAIR -> repair(verify, body);
    };
  }

  private static JsonObject start(Verify verify, Members body)
      throws InvalidException, RefusedException {
    body.allowOnly("action", "scope");
    verify.start(
        body.oneOf("scope", Verify.Scope.values(), VerifyRoutes::label)
            .orElse(Verify.Scope.NEEDED));
    return verify.json();
  }

  private static String label(Verify.Scope scope) {
    return scope.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static JsonObject cancel(Verify verify, Members body)
      throws InvalidException, RefusedException {
    body.allowOnly("action");
    verify.cancel();
    return verify.json();
  }

  private static JsonObject repair(Verify verify, Members body)
      throws InvalidException, RefusedException {
    body.allowOnly("action", "execute");
    return verify.repair(body.flag("execute"));
  }
}
