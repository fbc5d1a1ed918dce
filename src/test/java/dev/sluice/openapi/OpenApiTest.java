package dev.sluice.openapi;

import static org.assertj.core.api.Assertions.assertThat;

import io.helidon.webserver.http.HttpService;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonPointer;
import jakarta.json.JsonString;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class OpenApiTest {
  private static final HttpService SERVICE =
      rules ->
          rules
              .get("/v1/status", (request, response) -> response.send())
              .post("/v1/new/{+id}", (request, response) -> response.send())
              .any("/v1/status", (request, response) -> response.send());

  @Test
  void isValidWithEverythingThatIsWritten() {
    JsonObject document = OpenApi.of(OpenApi.written(), everything(), Map.of());

    assertThat(Validator.problems(document.toString())).isEmpty();
    assertThat(document.getJsonObject("paths").keySet())
        .isEqualTo(OpenApi.written().getJsonObject("paths").keySet());
  }

  /** The validator is one that finds something. */
  @Test
  void isNotValidIfAResponseIsMissingOrAReferenceLeadsNowhere() {
    String document = OpenApi.of(OpenApi.written(), everything(), Map.of()).toString();

    assertThat(Validator.problems(document.replace("\"responses\":{\"200\"", "\"x-r\":{\"200\"")))
        .isNotEmpty();
    assertThat(Validator.problems(document.replace("\"title\":\"Sluice\",", ""))).isNotEmpty();
  }

  @Test
  void everyReferenceLeadsSomewhere() {
    JsonObject document = OpenApi.of(OpenApi.written(), everything(), Map.of());

    assertThat(references(document.toString())).hasSizeGreaterThan(30);
    for (String reference : references(document.toString())) {
      JsonPointer pointer = Json.createPointer(reference.substring(1));
      assertThat(pointer.containsValue(document)).as(reference).isTrue();
    }
  }

  @Test
  void holdsTheRoutesThatAreRegisteredAndNoOthers() {
    Map<String, Set<String>> registered = RegisteredRoutes.of(List.of(SERVICE));
    JsonObject document = OpenApi.of(OpenApi.written(), Map.of(), registered);
    JsonObject paths = document.getJsonObject("paths");

    assertThat(paths.keySet()).containsExactlyInAnyOrder("/v1/status", "/v1/new/{id}");
    JsonObject status = paths.getJsonObject("/v1/status");
    assertThat(status.keySet()).containsExactly("get");
    assertThat(status.getJsonObject("get").getString("operationId")).isEqualTo("status");
    assertThat(status.getJsonObject("get").getJsonArray("servers").toString())
        .contains("admin")
        .doesNotContain("ingest");
    assertThat(paths.getJsonObject("/v1/new/{id}").getJsonObject("post").keySet())
        .contains(OpenApi.UNDESCRIBED);
    assertThat(Validator.problems(document.toString())).isEmpty();
  }

  @Test
  void namesBothPortsOfARouteThatIsOnBoth() {
    JsonObject document =
        OpenApi.of(
            OpenApi.written(), Map.of("/x", Set.of("get")), Map.of("/x", Set.of("get", "post")));
    JsonObject path = document.getJsonObject("paths").getJsonObject("/x");

    assertThat(path.getJsonObject("get").getJsonArray("servers")).hasSize(2);
    assertThat(path.getJsonObject("post").getJsonArray("servers")).hasSize(1);
  }

  @Test
  void takesTheAnswersFromTheirRecords() {
    JsonObject schemas =
        OpenApi.of(OpenApi.written(), everything(), Map.of())
            .getJsonObject("components")
            .getJsonObject("schemas");

    JsonObject check = schemas.getJsonObject("DoctorReport.Check");
    assertThat(check.getJsonObject("properties").keySet())
        .containsExactly("group", "name", "level", "seen", "wanted", "why", "mend");
    assertThat(
            check.getJsonArray("required").getValuesAs(JsonString.class).stream()
                .map(JsonString::getString))
        .containsExactly("group", "name", "level", "seen", "wanted", "why");
    assertThat(schemas.getJsonObject("Status").getJsonObject("properties").keySet())
        .contains("phase", "sinks", "conservation");
  }

  private static Map<String, Set<String>> everything() {
    Map<String, Set<String>> all = new LinkedHashMap<>();
    OpenApi.written()
        .getJsonObject("paths")
        .forEach((path, item) -> all.put(path, item.asJsonObject().keySet()));
    return all;
  }

  private static List<String> references(String document) {
    return java.util.regex.Pattern.compile("\"\\$ref\":\"(#[^\"]+)\"")
        .matcher(document)
        .results()
        .map(found -> found.group(1))
        .toList();
  }
}
