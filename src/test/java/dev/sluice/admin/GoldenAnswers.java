package dev.sluice.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cli.text.CommandException;
import dev.sluice.http.RawHttp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What was answered, by the name of its golden file, and what is recorded of it. Confined to one
 * thread.
 */
final class GoldenAnswers {
  static final Path FOLDER = Path.of("src", "test", "resources", "golden", "admin");

  /** How the command line shows the body of an answer. */
  interface Text {
    String of(String body) throws CommandException;
  }

  private final Path data;
  private final SortedMap<String, String> bodies = new TreeMap<>();
  private final SortedMap<String, Text> texts = new TreeMap<>();

  /**
   * @param data the directory that all paths in answers are below
   */
  GoldenAnswers(Path data) {
    this.data = data;
  }

  Path data() {
    return data;
  }

  /** An answer that the command line does not lay out. */
  void add(String name, int status, RawHttp.Answer answer, String... measured) {
    assertThat(answer.status()).as("%s: %s", name, answer.body()).isEqualTo(status);
    assertThat(answer.header("Content-Type")).as(name).isEqualTo("application/json");
    String body = answer.body();
    assertThat(body.endsWith("\n")).as("%s ends its line", name).isEqualTo(!isError(body));
    String golden = GoldenJson.of(body.stripTrailing(), data, measured);
    assertThat(bodies.put(name + ".json", golden)).as("%s is recorded twice", name).isNull();
  }

  /** An answer, and how the command line lays it out. */
  void add(String name, int status, RawHttp.Answer answer, Text text, String... measured) {
    add(name, status, answer, measured);
    texts.put(name + ".txt", text);
  }

  /** How the command line lays out an answer of this kind. */
  static <T extends Record> Text text(Class<T> type, Function<T, String> layout) {
    return body -> layout.apply(FakeMigration.read(body, type));
  }

  private static boolean isError(String body) {
    return body.startsWith("{\"code\":");
  }

  /** Names of the files that there are, and of those that there should be. */
  SortedSet<String> names() throws IOException {
    SortedSet<String> names = new TreeSet<>(bodies.keySet());
    names.addAll(texts.keySet());
    names.addAll(recorded());
    return names;
  }

  /** Compares what was answered with the file of this name. */
  void check(String name) throws IOException, CommandException {
    assertThat(bodies.containsKey(name) || texts.containsKey(name))
        .as("%s is recorded, and nothing answers it any more", name)
        .isTrue();
    assertThat(FOLDER.resolve(name)).as("the record of this answer").exists();
    assertThat(now(name)).isEqualTo(Files.readString(FOLDER.resolve(name)));
  }

  /** Makes the files what is answered now. */
  void write() throws IOException, CommandException {
    Files.createDirectories(FOLDER);
    for (String old : recorded()) {
      Files.delete(FOLDER.resolve(old));
    }
    for (String name : bodies.keySet()) {
      Files.writeString(FOLDER.resolve(name), now(name));
    }
    for (String name : texts.keySet()) {
      Files.writeString(FOLDER.resolve(name), now(name));
    }
  }

  /** A text is that of the recorded answer. */
  private String now(String name) throws IOException, CommandException {
    Text text = texts.get(name);
    if (text == null) {
      return bodies.getOrDefault(name, "");
    }
    String json = name.substring(0, name.lastIndexOf('.')) + ".json";
    return text.of(Files.readString(FOLDER.resolve(json)));
  }

  private static SortedSet<String> recorded() throws IOException {
    if (!Files.isDirectory(FOLDER)) {
      return new TreeSet<>();
    }
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files
          .map(file -> file.getFileName().toString())
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }
}
