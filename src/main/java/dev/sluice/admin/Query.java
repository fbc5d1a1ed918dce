package dev.sluice.admin;

import dev.sluice.api.Json;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import jakarta.json.JsonObject;
import java.util.Optional;

/** What read-only routes share: a parameter of the target, and an answer no one may keep. */
final class Query {
  private static final Header NO_STORE =
      HeaderValues.createCached(HeaderNames.CACHE_CONTROL, "no-store");

  private Query() {}

  /** The first value of a parameter; empty if it is missing. */
  static Optional<String> text(ServerRequest request, String name) {
    return request.query().isEmpty() ? Optional.empty() : request.query().first(name).asOptional();
  }

  /** Sends 200 with this record. */
  static void answer(ServerResponse response, Record answer) {
    answer(response, Json.write(answer));
  }

  /** Sends 200 with this object. */
  static void answer(ServerResponse response, JsonObject json) {
    answer(response, json.toString());
  }

  /** Sends 200 with the text of an object. */
  static void answer(ServerResponse response, String json) {
    response.header(NO_STORE).header(HeaderValues.CONTENT_TYPE_JSON).send(json + "\n");
  }
}
