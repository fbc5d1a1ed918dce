package dev.sluice.openapi;

import dev.sluice.api.Schemas;
import jakarta.json.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonReader;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.io.InputStream;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes the description of what is served: the operations written by hand, of those routes that are
 * registered and of no others. A route that nobody has described is in it all the same, marked
 * {@code x-undescribed}. Pure.
 */
final class OpenApi {
  private static final String RESOURCE = "/openapi.json";

  /** Marks an operation that is registered and not written about. */
  static final String UNDESCRIBED = "x-undescribed";

  private static final Pattern VARIABLE = Pattern.compile("\\{([^}]+)}");

  private OpenApi() {}

  /** The operations written by hand, whether they are registered or not. */
  static JsonObject written() {
    try (InputStream in =
            Objects.requireNonNull(OpenApi.class.getResourceAsStream(RESOURCE), RESOURCE);
        JsonReader reader = Json.createReader(in)) {
      return reader.readObject();
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /**
   * The description.
   *
   * @param ingest methods of each path of the ingest port
   * @param admin likewise of the admin port
   */
  static JsonObject of(
      JsonObject written, Map<String, Set<String>> ingest, Map<String, Set<String>> admin) {
    JsonObject operations = written.getJsonObject("paths");
    Set<String> paths = new LinkedHashSet<>(operations.keySet());
    paths.addAll(ingest.keySet());
    paths.addAll(admin.keySet());
    JsonObjectBuilder served = Json.createObjectBuilder();
    for (String path : paths) {
      JsonObject item =
          item(
              path,
              operations.containsKey(path)
                  ? operations.getJsonObject(path)
                  : JsonValue.EMPTY_JSON_OBJECT,
              ingest.getOrDefault(path, Set.of()),
              admin.getOrDefault(path, Set.of()));
      if (!item.isEmpty()) {
        served.add(path, item);
      }
    }
    return withSchemas(
        Json.createObjectBuilder(written)
            .add("servers", Json.createArrayBuilder().add(server("ingest")).add(server("admin")))
            .add("paths", served)
            .build());
  }

  private static JsonObject item(
      String path, JsonObject described, Set<String> ingest, Set<String> admin) {
    Set<String> methods = new TreeSet<>(ingest);
    methods.addAll(admin);
    JsonObjectBuilder item = Json.createObjectBuilder();
    for (String method : methods) {
      JsonArrayBuilder servers = Json.createArrayBuilder();
      if (ingest.contains(method)) {
        servers.add(server("ingest"));
      }
      if (admin.contains(method)) {
        servers.add(server("admin"));
      }
      JsonObject operation =
          described.containsKey(method) ? described.getJsonObject(method) : undescribed(path);
      item.add(method, Json.createObjectBuilder(operation).add("servers", servers));
    }
    return item.build();
  }

  private static JsonObject undescribed(String path) {
    JsonArrayBuilder parameters = Json.createArrayBuilder();
    Matcher variable = VARIABLE.matcher(path);
    while (variable.find()) {
      parameters.add(
          Json.createObjectBuilder()
              .add("name", variable.group(1))
              .add("in", "path")
              .add("required", true)
              .add("schema", Json.createObjectBuilder().add("type", "string")));
    }
    return Json.createObjectBuilder()
        .add("summary", "Not described")
        .add(UNDESCRIBED, true)
        .add("parameters", parameters)
        .add(
            "responses",
            Json.createObjectBuilder()
                .add("default", Json.createObjectBuilder().add("description", "An answer.")))
        .build();
  }

  private static JsonObject server(String port) {
    String number = port.equals("ingest") ? "8080" : "8081";
    return Json.createObjectBuilder()
        .add("url", "http://{host}:{port}")
        .add("description", "The " + port + " port: " + port + ".host and " + port + ".port.")
        .add(
            "variables",
            Json.createObjectBuilder()
                .add("host", Json.createObjectBuilder().add("default", "127.0.0.1"))
                .add("port", Json.createObjectBuilder().add("default", number)))
        .build();
  }

  /** Adds the schemas that are referred to and not written by hand. */
  private static JsonObject withSchemas(JsonObject document) {
    JsonObject components = document.getJsonObject("components");
    JsonObject byHand = components.getJsonObject("schemas");
    Set<String> missing = new TreeSet<>();
    collectReferences(document, missing);
    missing.removeAll(byHand.keySet());
    JsonObjectBuilder schemas = Json.createObjectBuilder(byHand);
    Schemas.of(missing).forEach(schemas::add);
    return Json.createObjectBuilder(document)
        .add("components", Json.createObjectBuilder(components).add("schemas", schemas))
        .build();
  }

  private static void collectReferences(JsonValue value, Set<String> names) {
    switch (value) {
      case JsonObject object ->
          object.forEach((name, member) -> {
            if (name.equals("$ref")
                && member instanceof JsonString target
                && target.getString().startsWith(Schemas.PREFIX)) {
              names.add(target.getString().substring(Schemas.PREFIX.length()));
            }
            collectReferences(member, names);
          });
      case JsonArray array -> array.forEach(element -> collectReferences(element, names));
      default -> {}
    }
  }
}
