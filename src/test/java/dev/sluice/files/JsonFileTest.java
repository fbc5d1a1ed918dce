package dev.sluice.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.files.AtomicFile.Step;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonFileTest {
  private static final Visit OLD = new Visit(1, Instant.parse("2026-11-21T22:00:00Z"));
  private static final Visit NEW = new Visit(2, Instant.parse("2026-11-22T22:00:00Z"));

  @TempDir Path data;

  private Path file;

  /** Something to keep. */
  private record Visit(long number, Instant at) {}

  private static final class VisitForm implements JsonForm<Visit> {
    @Override
    public JsonObject json(Visit visit) {
      return Json.createObjectBuilder()
          .add("number", visit.number())
          .add("at", visit.at().toString())
          .build();
    }

    @Override
    public Visit read(JsonObject json) {
      return new Visit(
          json.getJsonNumber("number").longValueExact(), Instant.parse(json.getString("at")));
    }

    @Override
    public String name() {
      return "the last visit";
    }

    @Override
    public String advice() {
      return "come again";
    }
  }

  @BeforeEach
  void place() {
    file = data.resolve("kept/visit.json");
  }

  @Test
  void isEmptyUntilSomethingIsKept() throws IOException {
    assertThat(kept(new AtomicFile()).read()).isEmpty();
    assertThat(data).isEmptyDirectory();
  }

  @Test
  void givesBackWhatItKeptLast() throws IOException {
    kept(new AtomicFile()).write(OLD);
    kept(new AtomicFile()).write(NEW);

    assertThat(kept(new AtomicFile()).read()).contains(NEW);
    assertThat(file).hasContent("{\"number\":2,\"at\":\"2026-11-22T22:00:00Z\"}\n");
  }

  @ParameterizedTest
  @CsvSource({"WRITTEN, 1", "RENAMED, 2", "SYNCED, 2"})
  void holdsTheOldOrTheNewValueWhereverAWriteIsKilled(Step last, long number) throws IOException {
    kept(new AtomicFile()).write(OLD);

    assertThatThrownBy(() -> kept(Broken.killedAfter(last)).write(NEW))
        .isInstanceOf(Broken.Killed.class);

    assertThat(kept(new AtomicFile()).read().orElseThrow().number()).isEqualTo(number);
  }

  @Test
  void reportsAWriteThatMayNotSurvive() {
    assertThatThrownBy(() -> kept(Broken.failingAfter(Step.RENAMED)).write(NEW))
        .isInstanceOf(IOException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "{}",
        "{\"number\":\"2\",\"at\":\"2026-11-22T22:00:00Z\"}",
        "{\"number\":2.5,\"at\":\"2026-11-22T22:00:00Z\"}",
        "{\"number\":2,\"at\":\"yesterday\"}"
      })
  void refusesWhatItCannotUnderstandAndLeavesIt(String content) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);

    assertThatThrownBy(() -> kept(new AtomicFile()).read())
        .isInstanceOf(JsonFile.NotUnderstoodException.class)
        .hasMessageStartingWith("the last visit " + file + " cannot be understood (")
        .hasMessageEndingWith("): come again");

    assertThat(Files.readString(file)).isEqualTo(content);
  }

  private JsonFile<Visit> kept(AtomicFile writer) {
    return new JsonFile<>(file, new VisitForm(), writer);
  }
}
