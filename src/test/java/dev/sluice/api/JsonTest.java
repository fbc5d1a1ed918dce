package dev.sluice.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.json.bind.annotation.JsonbNillable;
import jakarta.json.bind.annotation.JsonbProperty;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class JsonTest {
  private static final Part PART = new Part(-1, 0.0, true);

  private static final Whole WHOLE =
      new Whole(
          "a \"quote\", ünïcode\n/",
          PART,
          List.of(PART, new Part(Long.MAX_VALUE, 7.25, false)),
          counts(),
          Instant.parse("2026-11-22T03:00:07.250Z"),
          7L,
          null);

  public record Part(long zulu, double alpha, boolean mikeOrNot) {}

  public record Whole(
      @Nullable String lastText,
      @Nullable Part part,
      List<Part> allParts,
      Map<String, @Nullable Long> counts,
      @Nullable Instant at,
      @Nullable Long maybe,
      @JsonbProperty("class") @JsonbNillable(false) @Nullable Part extra) {
    public Whole {
      allParts = allParts == null ? List.of() : allParts;
    }

    /** No component, so no member. */
    public boolean isLarge() {
      return true;
    }
  }

  @Test
  void writesComponentsInTheOrderOfDeclaration() {
    assertThat(Json.write(WHOLE))
        .isEqualTo(
            """
            {"last_text":"a \\"quote\\", ünïcode\\n/",\
            "part":{"zulu":-1,"alpha":0.0,"mike_or_not":true},\
            "all_parts":[{"zulu":-1,"alpha":0.0,"mike_or_not":true},\
            {"zulu":9223372036854775807,"alpha":7.25,"mike_or_not":false}],\
            "counts":{"text":1,"number":1,"boolean":1,"object":1,"array":null},\
            "at":"2026-11-22T03:00:07.250Z","maybe":7}\
            """);
  }

  @Test
  void writesNullUnlessTheComponentIsMarked() {
    assertThat(Json.write(new Whole(null, null, List.of(), Map.of(), null, null, null)))
        .isEqualTo(
            """
            {"last_text":null,"part":null,"all_parts":[],"counts":{},"at":null,"maybe":null}\
            """);
    assertThat(Json.write(new Whole(null, null, List.of(), Map.of(), null, null, PART)))
        .endsWith(",\"class\":{\"zulu\":-1,\"alpha\":0.0,\"mike_or_not\":true}}");
  }

  @Test
  void readsWhatItHasWritten() throws Json.MalformedException {
    Whole full = new Whole("x", PART, List.of(PART), counts(), Instant.EPOCH, 7L, PART);

    assertThat(Json.read(Json.write(WHOLE), Whole.class)).isEqualTo(WHOLE);
    assertThat(Json.read(Json.write(full), Whole.class)).isEqualTo(full);
    assertThat(Json.read(Json.write(full), Whole.class).counts().keySet())
        .containsExactly("text", "number", "boolean", "object", "array");
  }

  @Test
  void readsAbsentMembersAsNullAndPassesOverUnknownOnes() throws Json.MalformedException {
    Whole read =
        Json.read("{\"newer\":{\"x\":[1]},\"part\":{\"zulu\":3},\"maybe\":null}", Whole.class);

    assertThat(read.part()).isEqualTo(new Part(3, 0, false));
    assertThat(read.allParts()).isEmpty();
    assertThat(read.maybe()).isNull();
    assertThat(read.at()).isNull();
  }

  @Test
  void readsMoreThanTheParsersUsualLimit() throws Json.MalformedException {
    String long16m = "x".repeat(16_000_000);

    assertThat(Json.read("{\"last_text\":\"" + long16m + "\"}", Whole.class).lastText())
        .isEqualTo(long16m);
  }

  @Test
  void saysWhatIsWrongWithAText() {
    assertMalformed("", "Invalid token=EOF");
    assertMalformed("<html>", "Unexpected char 60");
    assertMalformed("null", "VALUE_NULL");
    assertMalformed("[]", "START_ARRAY");
    assertMalformed("{\"part\":{\"zulu\":1}", "Invalid token=EOF");
    assertMalformed("{\"unknown\":[1,2", "Invalid token=EOF");
    assertMalformed("{\"maybe\":\"x\"}", "property 'maybe'");
    assertMalformed("{\"at\":\"yesterday\"}", "yesterday");
    assertMalformed("{\"all_parts\":5}", "property 'all_parts'");
    assertMalformed("{\"x\":" + "[".repeat(100_000), "nested");
  }

  private static void assertMalformed(String text, String message) {
    assertThatThrownBy(() -> Json.read(text, Whole.class))
        .isInstanceOf(Json.MalformedException.class)
        .hasMessageContaining(message);
  }

  private static Map<String, @Nullable Long> counts() {
    Map<String, @Nullable Long> counts = new LinkedHashMap<>();
    List.of("text", "number", "boolean", "object").forEach(name -> counts.put(name, 1L));
    counts.put("array", null);
    return counts;
  }
}
