package dev.sluice.openapi;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testing.SluiceProcess;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.StringReader;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the production jar says of its routes. */
class OpenApiIT {
  /** Written about before they are there. */
  private static final Set<String> NOT_YET = Set.of();

  @TempDir private Path directory;

  @Test
  void describesEveryRouteOfBothPortsOnBoth() throws Exception {
    try (SluiceProcess sluice =
        SluiceProcess.start(
            directory,
            "up",
            List.of(
                "data.dir=" + directory.resolve("data"),
                "cutover.initial-phase=retired",
                "ingest.port=0",
                "admin.port=0",
                "questdb.console-port=0",
                "questdb.pg-port=0"))) {
      HttpResponse<String> answer = sluice.get("admin", "/openapi.json");

      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(sluice.get("ingest", "/openapi.json").body()).isEqualTo(answer.body());
      assertThat(Validator.problems(answer.body())).isEmpty();
      assertThat(answer.body()).doesNotContain(OpenApi.UNDESCRIBED);
      Set<String> written = operations(OpenApi.written());
      written.removeAll(NOT_YET);
      assertThat(operations(json(answer.body()))).isEqualTo(written);
    }
  }

  private static Set<String> operations(JsonObject document) {
    Set<String> operations = new TreeSet<>();
    document
        .getJsonObject("paths")
        .forEach((path, item) ->
            item.asJsonObject().keySet().forEach(method -> operations.add(method + " " + path)));
    return operations;
  }

  private static JsonObject json(String text) {
    try (JsonReader reader = Json.createReader(new StringReader(text))) {
      return reader.readObject();
    }
  }
}
