package dev.sluice.journal.move;

import dev.sluice.files.JsonFile;
import dev.sluice.files.JsonForm;
import dev.sluice.journal.JournalConfig;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonString;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Where the journal is, as {@code <data.dir>/journal.json} keeps it: enough to find a topic that
 * the settings no longer name.
 *
 * @param topic empty if it is on this machine's disk
 */
public record JournalPlace(Optional<Topic> topic) {
  /** On this machine's disk. */
  public static final JournalPlace LOCAL = new JournalPlace(Optional.empty());

  /**
   * A topic, and how to come to it.
   *
   * @param servers each {@code host:port}
   * @param propertiesFile {@code journal.kafka.properties-file}
   * @param id which the cluster gave it when it was made; empty as long as it is only named
   */
  public record Topic(
      List<String> servers,
      String name,
      int partitions,
      int replication,
      Optional<String> propertiesFile,
      Optional<String> id) {}

  /** What is kept of it; empty before a Sluice with this data directory has taken readings in. */
  public static Optional<JournalPlace> kept(Path dataDirectory) throws IOException {
    return file(dataDirectory).read();
  }

  static JsonFile<JournalPlace> file(Path dataDirectory) {
    return new JsonFile<>(dataDirectory.resolve("journal.json"), new Form());
  }

  public JournalConfig.Kind kind() {
    return topic.isEmpty() ? JournalConfig.Kind.LOCAL : JournalConfig.Kind.KAFKA;
  }

  /** Whether it is the same journal: the cluster may have got other servers since. */
  public boolean isSameAs(JournalPlace other) {
    return topic.map(Topic::name).equals(other.topic.map(Topic::name));
  }

  /** Whether it is another topic of the same name: in another cluster, or made anew. */
  public boolean isNamesake(JournalPlace other) {
    Optional<String> mine = topic.flatMap(Topic::id);
    Optional<String> its = other.topic.flatMap(Topic::id);
    return isSameAs(other) && mine.isPresent() && its.isPresent() && !mine.equals(its);
  }

  /** This topic, now that its id is known. */
  JournalPlace withId(String id) {
    return new JournalPlace(
        topic.map(there ->
            new Topic(
                there.servers(),
                there.name(),
                there.partitions(),
                there.replication(),
                there.propertiesFile(),
                Optional.of(id))));
  }

  /** What it is called in messages. */
  @Override
  public String toString() {
    return topic
        .map(there -> "topic " + there.name() + " at " + String.join(",", there.servers()))
        .orElse("the local journal");
  }

  /** How it is spelled. */
  public static final class Form implements JsonForm<JournalPlace> {
    @Override
    public JsonObject json(JournalPlace place) {
      JsonObjectBuilder json =
          Json.createObjectBuilder().add("kind", place.kind().name().toLowerCase(Locale.ROOT));
      place
          .topic()
          .ifPresent(topic -> {
            json.add("servers", Json.createArrayBuilder(topic.servers()));
            json.add("topic", topic.name());
            json.add("partitions", topic.partitions());
            json.add("replication", topic.replication());
            topic.propertiesFile().ifPresent(file -> json.add("properties_file", file));
            topic.id().ifPresent(id -> json.add("topic_id", id));
          });
      return json.build();
    }

    @Override
    public JournalPlace read(JsonObject json) {
      return switch (JournalConfig.Kind.valueOf(json.getString("kind").toUpperCase(Locale.ROOT))) {
        case LOCAL -> LOCAL;
        case KAFKA ->
            new JournalPlace(
                Optional.of(
                    new Topic(
                        json.getJsonArray("servers").getValuesAs(JsonString::getString),
                        json.getString("topic"),
                        json.getInt("partitions"),
                        json.getInt("replication"),
                        Optional.ofNullable(json.getString("properties_file", null)),
                        Optional.ofNullable(json.getString("topic_id", null)))));
      };
    }

    @Override
    public String name() {
      return "the journal's place";
    }

    @Override
    public String advice() {
      return "restore it, or write {\"kind\":\"local\"} into it if readings wait on this disk; if they"
          + " wait in a topic and journal.kind is kafka, delete it";
    }
  }
}
