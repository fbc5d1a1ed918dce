package dev.sluice.admin;

import dev.sluice.api.FleetDevice;
import dev.sluice.audit.AuditLog;
import dev.sluice.fleet.DeviceOrder;
import dev.sluice.fleet.DeviceState;
import dev.sluice.fleet.FleetLedger;
import dev.sluice.http.auth.TokenAuth;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * {@code /v1/fleet} and what is below it: how the devices do, which had gaps, and why. POST retires
 * a device. Thread-safe.
 */
public final class FleetRoutes implements HttpService {
  private static final String PATH = "/v1/fleet";
  private static final int USUAL_LIMIT = 100;
  private static final int MOST = 1_000;
  private static final int MOST_NAME = 128;

  private enum Action {
    RETIRE;

    String label() {
      return "retire";
    }
  }

  private final Control<Optional<FleetLedger>> fleet;
  private final AuditLog audit;
  private final Control<Optional<FleetLedger>> devices;
  private final Control<Optional<FleetLedger>> device;
  private final Control<Optional<FleetLedger>> deviceByPath;
  private final Control<Optional<FleetLedger>> gaps;

  /**
   * Creates the routes; the caller registers them.
   *
   * @param part holds nothing once it is known that this process keeps no ledger
   */
  public FleetRoutes(OpenPart<Optional<FleetLedger>> part, TokenAuth auth, AuditLog audit) {
    this.audit = audit;
    this.fleet = new Control<>(PATH, part, auth);
    this.devices = new Control<>(PATH + "/devices", part, auth);
    this.device = new Control<>(PATH + "/device", part, auth);
    this.deviceByPath = new Control<>(PATH + "/devices/{+id}", part, auth);
    this.gaps = new Control<>(PATH + "/gaps", part, auth);
  }

  @Override
  public void routing(HttpRules rules) {
    fleet.routing(
        rules,
        (ledger, request) -> present(ledger).summary(),
        new Control.Audited<>(
            audit, (ledger, body, line) -> change(present(ledger), body), "action", "device_id"));
    devices.routing(rules, (ledger, request) -> devices(present(ledger), request));
    device.routing(rules, (ledger, request) -> known(neededId(request), present(ledger)::device));
    // A path cannot name every device: the server normalises it before any route sees it.
    deviceByPath.routing(
        rules,
        (ledger, request) ->
            known(request.path().pathParameters().get("id"), present(ledger)::device));
    gaps.routing(rules, (ledger, request) -> gaps(present(ledger), request));
  }

  private static FleetLedger present(Optional<FleetLedger> ledger) throws InvalidException {
    return ledger.orElseThrow(() ->
        new InvalidException(
            Status.NOT_FOUND_404,
            "there is no fleet ledger: fleet.enabled is false, or it could not be opened; the"
                + " log says which"));
  }

  private static Record change(FleetLedger ledger, Members body) throws InvalidException {
    body.neededOneOf("action", Action.values(), Action::label);
    body.allowOnly("action", "device_id");
    String name = body.needed("device_id", MOST_NAME, "the device to retire");
    return known(name, ledger::retire);
  }

  private static FleetDevice known(String name, Function<String, Optional<FleetDevice>> find)
      throws InvalidException {
    Optional<FleetDevice> found = find.apply(name);
    if (found.isEmpty()) {
      throw new InvalidException(
          Status.NOT_FOUND_404,
          "device \"" + name + "\" is not known: never heard, or beyond fleet.max-devices");
    }
    return found.get();
  }

  private static String neededId(ServerRequest request) throws InvalidException {
    return text(request, "id")
        .orElseThrow(() ->
            new InvalidException("id is missing: it is the name of a device, escaped as a query"));
  }

  private static Record devices(FleetLedger ledger, ServerRequest request) throws InvalidException {
    return ledger.devices(
        oneOf(request, "state", DeviceState.values(), DeviceState::label),
        oneOf(request, "sort", DeviceOrder.values(), DeviceOrder::label)
            .orElse(DeviceOrder.SILENCE),
        limit(request));
  }

  private static Record gaps(FleetLedger ledger, ServerRequest request) throws InvalidException {
    Optional<String> cause = text(request, "cause");
    if (cause.isPresent() && !FleetLedger.isCause(cause.get())) {
      throw new InvalidException(
          "cause is "
              + cause.get()
              + ", allowed are "
              + String.join(", ", List.of(FleetLedger.causes())));
    }
    return ledger.gaps(since(request), cause, limit(request));
  }

  private static int limit(ServerRequest request) throws InvalidException {
    Optional<String> given = text(request, "limit");
    if (given.isEmpty()) {
      return USUAL_LIMIT;
    }
    try {
      int limit = Integer.parseInt(given.get());
      if (limit >= 1 && limit <= MOST) {
        return limit;
      }
    } catch (NumberFormatException e) {
      // refused below
    }
    throw new InvalidException(
        "limit is " + given.get() + ", allowed are whole numbers from 1 to " + MOST);
  }

  private static Instant since(ServerRequest request) throws InvalidException {
    Optional<String> given = text(request, "since");
    try {
      return given.isEmpty()
          ? Instant.EPOCH
          : OffsetDateTime.parse(given.get().replace(' ', '+')).toInstant();
    } catch (DateTimeException e) {
      throw new InvalidException(
          "since is "
              + given.get()
              + ", allowed is ISO 8601 with an offset, like 2026-11-21T22:00:00Z");
    }
  }

  private static <T> Optional<T> oneOf(
      ServerRequest request, String name, T[] values, Function<T, String> label)
      throws InvalidException {
    Optional<String> given = text(request, name);
    if (given.isEmpty()) {
      return Optional.empty();
    }
    for (T value : values) {
      if (label.apply(value).equals(given.get())) {
        return Optional.of(value);
      }
    }
    throw new InvalidException(
        name
            + " is "
            + given.get()
            + ", allowed are "
            + Arrays.stream(values).map(label).collect(Collectors.joining(", ")));
  }

  private static Optional<String> text(ServerRequest request, String name) {
    return request.query().isEmpty() ? Optional.empty() : request.query().first(name).asOptional();
  }
}
