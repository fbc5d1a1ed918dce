package dev.sluice.admin;

import dev.sluice.api.FlipResult;
import dev.sluice.api.ReadinessReport;
import dev.sluice.api.RepairResult;
import dev.sluice.audit.Actor;
import dev.sluice.http.auth.Client;
import dev.sluice.migration.RefusedException;
import io.helidon.webserver.http.ServerRequest;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Locale;

/** What of a request and of its answer goes into the audit log. Stateless. */
final class AuditLines {
  private static final int MOST_TEXT = 128;
  private static final int MOST_OBJECT = 1_024;

  private AuditLines() {}

  /** Who sends the request. */
  static Actor actor(Client client, ServerRequest request) {
    return new Actor(
        client.kind().name().toLowerCase(Locale.ROOT), client.name(), address(request));
  }

  /** The address at the other end of the connection; {@code unknown} if that is gone. */
  static String address(ServerRequest request) {
    return request.remotePeer().address() instanceof InetSocketAddress socket
            && socket.getAddress() != null
        ? socket.getAddress().getHostAddress()
        : "unknown";
  }

  /** These members of a body; long ones are cut. */
  static JsonObject given(Members body, List<String> names) {
    JsonObjectBuilder given = Json.createObjectBuilder();
    for (String name : names) {
      JsonValue value = body.json().get(name);
      if (value != null) {
        given.add(name, shortened(value));
      }
    }
    return given.build();
  }

  private static JsonValue shortened(JsonValue value) {
    if (value instanceof JsonString text) {
      return Json.createValue(cut(text.getString(), MOST_TEXT));
    }
    String json = value.toString();
    return json.length() <= MOST_OBJECT ? value : Json.createValue(cut(json, MOST_OBJECT));
  }

  private static String cut(String text, int most) {
    return text.length() <= most ? text : text.substring(0, most) + "…";
  }

  /** What came of a change: ids and states by which it can be found again. */
  static JsonObject result(Record answer) {
    return switch (answer) {
      case ReadinessReport report -> report(report);
      case FlipResult flip ->
          Json.createObjectBuilder().add("phase", flip.phase()).add("epoch", flip.epoch()).build();
      case RepairResult repair ->
          Json.createObjectBuilder().add("execute", repair.execute()).build();
      default -> JsonValue.EMPTY_JSON_OBJECT;
    };
  }

  /** Why nothing changed, if guards are the reason. */
  static JsonObject result(RefusedException refused) {
    return refused.report().map(AuditLines::report).orElse(JsonValue.EMPTY_JSON_OBJECT);
  }

  private static JsonObject report(ReadinessReport report) {
    return Json.createObjectBuilder()
        .add("report", report.id())
        .add("ready", report.ready())
        .build();
  }
}
