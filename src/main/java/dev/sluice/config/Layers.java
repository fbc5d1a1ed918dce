package dev.sluice.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Merges all sources, weakest first, and checks every assignment, even overridden ones: a mistake
 * should surface now, not on the day its override is removed. Confined to one thread.
 */
public final class Layers {
  private final KeyTable keys;
  private final List<String> problems;
  private final Map<String, Assignment> merged = new HashMap<>();

  private Layers(KeyTable keys, List<String> problems) {
    this.keys = keys;
    this.problems = problems;
  }

  /**
   * Merges the sources and adds what is wrong to {@code problems}.
   *
   * @return the strongest allowed assignment of each key that is set
   */
  public static Map<String, Assignment> merge(
      Sources sources, KeyTable keys, List<String> problems) {
    Layers layers = new Layers(keys, problems);
    layers.file(sources).ifPresent(file -> layers.add(YamlFile.read(file, keys, problems)));
    layers.add(Environment.read(sources.environment(), keys));
    layers.add(layers.flags(sources.assignments()));
    return layers.merged;
  }

  private Optional<Path> file(Sources sources) {
    Optional<Path> named = sources.file();
    if (named.isPresent() && !Files.exists(named.get())) {
      problems.add("--config " + named.get() + ": there is no such file");
      return Optional.empty();
    }
    return named.or(() -> Optional.of(sources.defaultFile()).filter(Files::exists));
  }

  private List<Assignment> flags(List<String> texts) {
    List<Assignment> flags = new ArrayList<>();
    for (String text : texts) {
      int equals = text.indexOf('=');
      if (equals < 1) {
        // What follows the key may be a password.
        String key = text.replaceFirst("[^A-Za-z0-9._-].*", "…");
        problems.add("--set " + key + ": expected key=value, such as ingest.port=8080");
      } else {
        String key = text.substring(0, equals).strip();
        flags.add(new Assignment("--set", key, text.substring(equals + 1), false));
      }
    }
    return flags;
  }

  private void add(List<Assignment> layer) {
    Set<String> seen = new HashSet<>();
    for (Assignment assignment : layer) {
      Optional<Key<?>> key = keys.named(assignment.key());
      if (key.isEmpty()) {
        problems.add(unknown(assignment));
      } else if (!seen.add(assignment.key())) {
        problems.add(assignment.source() + ": " + assignment.key() + " is set twice");
      } else if (isAllowed(key.get(), assignment)) {
        merged.put(assignment.key(), assignment);
      } else {
        problems.add(refusal(key.get(), assignment));
      }
    }
  }

  private static boolean isAllowed(Key<?> key, Assignment assignment) {
    return (!assignment.list() || key.type().list()) && key.parse(assignment.text()).isPresent();
  }

  static String refusal(Key<?> key, Assignment assignment) {
    String value = key.type().secret() ? "(not shown)" : Redaction.of(assignment.text());
    return "%s: %s is '%s'; allowed: %s"
        .formatted(assignment.source(), key.name(), value, key.type().allowed());
  }

  /** Shows no value, because the key may be a misspelt password. */
  private String unknown(Assignment assignment) {
    Function<Key<?>, String> spelling = Environment.spelling(assignment.key());
    String nearest =
        Spelling.nearest(assignment.key(), keys.keys().stream().map(spelling).toList())
            .map(name -> "did you mean " + name + "?")
            .orElse("sluice serve --help lists all keys");
    return "%s: unknown key %s; %s".formatted(assignment.source(), assignment.key(), nearest);
  }
}
