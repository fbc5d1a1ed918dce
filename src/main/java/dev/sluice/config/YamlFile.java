package dev.sluice.config;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * Reads one YAML file into assignments that know their line. Nested maps and dotted keys mean the
 * same. Confined to one thread; anything unreadable becomes a problem, never an exception.
 */
public final class YamlFile {
  /**
   * No key has this many parts; the limit also stops a file that contains itself through an alias.
   */
  private static final int MAX_DEPTH = 4;

  private final Path file;
  private final KeyTable keys;
  private final List<String> problems;
  private final List<Assignment> assignments = new ArrayList<>();

  private YamlFile(Path file, KeyTable keys, List<String> problems) {
    this.file = file;
    this.keys = keys;
    this.problems = problems;
  }

  public static List<Assignment> read(Path file, KeyTable keys, List<String> problems) {
    YamlFile yaml = new YamlFile(file, keys, problems);
    yaml.readAll();
    return yaml.assignments;
  }

  private void readAll() {
    try {
      LoadSettings settings = LoadSettings.builder().setLabel(file.toString()).build();
      Optional<Node> root = new Compose(settings).composeString(Files.readString(file));
      root.ifPresent(node -> flatten("", node, 0));
    } catch (MarkedYamlEngineException e) {
      // The message itself would quote the line, which may hold a password.
      String line = e.getProblemMark().map(mark -> ":" + (mark.getLine() + 1)).orElse("");
      problems.add(file + line + ": not YAML: " + e.getProblem());
    } catch (YamlEngineException | CharacterCodingException e) {
      problems.add(file + ": not YAML in UTF-8");
    } catch (IOException e) {
      problems.add(file + ": cannot be read: " + e);
    }
  }

  private void flatten(String key, Node node, int depth) {
    switch (node) {
      case MappingNode map when depth < MAX_DEPTH ->
          map.getValue()
              .forEach(entry -> flatten(child(key, entry), entry.getValueNode(), depth + 1));
      case ScalarNode scalar when !key.isEmpty() -> addScalar(key, scalar);
      case SequenceNode sequence when !key.isEmpty() -> addSequence(key, sequence);
      default ->
          problems.add(source(node) + ": expected keys and values, such as ingest.port: 8080");
    }
  }

  private static String child(String key, NodeTuple entry) {
    String name = entry.getKeyNode() instanceof ScalarNode scalar ? scalar.getValue() : "?";
    return key.isEmpty() ? name : key + "." + name;
  }

  private void addScalar(String key, ScalarNode scalar) {
    if (!scalar.getTag().equals(Tag.NULL)) {
      assignments.add(new Assignment(source(scalar), key, scalar.getValue(), false));
    } else if (keys.named(key).isPresent()) {
      problems.add(source(scalar) + ": " + key + " has no value; write one, or leave the line out");
    }
  }

  private void addSequence(String key, SequenceNode sequence) {
    List<String> items = new ArrayList<>();
    for (Node item : sequence.getValue()) {
      if (!(item instanceof ScalarNode scalar)) {
        problems.add(source(item) + ": " + key + " lists something that is not plain text");
        return;
      }
      items.add(scalar.getValue());
    }
    assignments.add(new Assignment(source(sequence), key, String.join(",", items), true));
  }

  private String source(Node node) {
    return node.getStartMark()
        .map(mark -> file + ":" + (mark.getLine() + 1))
        .orElse(file.toString());
  }
}
