package dev.sluice.cluster;

import dev.sluice.files.JsonForm;
import dev.sluice.migration.phase.PhaseForm;
import dev.sluice.migration.phase.PhaseRecord;
import jakarta.json.Json;
import jakarta.json.JsonReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/** How the records of a control topic are spelled: a key, and JSON. Immutable. */
final class ControlRecords {
  static final String PHASE = "phase";
  static final String HOLD = "hold";
  static final String LEADER = "leader";
  static final String ASSIGNMENT = "assignment";

  /** Has no value and means nothing: see {@link Leadership#settle}. */
  static final String SETTLED = "settled";

  /** Followed by the id of a node. */
  static final String NODE = "node/";

  /** The last term of which the topic has all that its leader knew. */
  static final String TOLD = "told";

  /** Followed by the key of what a leader knew. */
  static final String NEWS = "told/";

  private static final String NEWER = "update this node to the version of Sluice that leads";

  private static final PhaseForm PHASES = new PhaseForm();
  private static final HoldForm HOLDS = new HoldForm();
  private static final LeaderForm LEADERS = new LeaderForm();
  private static final NodeForm NODES = new NodeForm();
  private static final AssignmentForm ASSIGNMENTS = new AssignmentForm();

  private final String topic;
  private final String name;

  /**
   * @param name of the topic in messages
   */
  ControlRecords(String topic, String name) {
    this.topic = topic;
    this.name = name;
  }

  ProducerRecord<byte[], byte[]> of(PhaseRecord record) {
    return of(PHASE, PHASES, record);
  }

  ProducerRecord<byte[], byte[]> of(HoldRecord record) {
    return of(HOLD, HOLDS, record);
  }

  ProducerRecord<byte[], byte[]> of(LeaderRecord record) {
    return of(LEADER, LEADERS, record);
  }

  ProducerRecord<byte[], byte[]> of(AssignmentRecord record) {
    return of(ASSIGNMENT, ASSIGNMENTS, record);
  }

  ProducerRecord<byte[], byte[]> of(NodeRecord record) {
    return of(NODE + record.info().id(), NODES, record);
  }

  /** All that the leader of this term knew is in the topic. */
  ProducerRecord<byte[], byte[]> told(long term) {
    return record(TOLD, Long.toString(term).getBytes(StandardCharsets.US_ASCII));
  }

  /**
   * What a leader knows. No tombstone says that it knows nothing any more: Kafka removes those, and
   * a node that was cut off for a day would go on believing what was there before.
   *
   * @param news empty if it knows nothing of it any more
   */
  ProducerRecord<byte[], byte[]> news(String key, String news) {
    return record(NEWS + key, news.getBytes(StandardCharsets.UTF_8));
  }

  private <T> ProducerRecord<byte[], byte[]> of(String key, JsonForm<T> form, T value) {
    return record(key, form.json(value).toString().getBytes(StandardCharsets.UTF_8));
  }

  /** A record that says that there is nothing under this key any more. */
  ProducerRecord<byte[], byte[]> tombstone(String key) {
    return record(key, null);
  }

  private ProducerRecord<byte[], byte[]> record(String key, byte @Nullable [] value) {
    return new ProducerRecord<>(topic, 0, key.getBytes(StandardCharsets.UTF_8), value);
  }

  static String key(ConsumerRecord<byte[], byte[]> record) {
    byte[] key = record.key();
    return key == null ? "" : new String(key, StandardCharsets.UTF_8);
  }

  /**
   * @throws IOException if it is none that this version understands, with what to do
   */
  PhaseRecord phase(byte[] value) throws IOException {
    return understood(
        PHASES, value, "the phase", NEWER + ", or write it anew if a person wrote it");
  }

  /**
   * @throws IOException like {@link #phase}
   */
  HoldRecord hold(byte[] value) throws IOException {
    return understood(HOLDS, value, HOLDS.name(), HOLDS.advice());
  }

  /**
   * @throws IOException like {@link #phase}
   */
  LeaderRecord leader(byte[] value) throws IOException {
    return understood(LEADERS, value, LEADERS.name(), LEADERS.advice());
  }

  /**
   * @throws IOException like {@link #phase}
   */
  AssignmentRecord assignment(byte[] value) throws IOException {
    return understood(ASSIGNMENTS, value, ASSIGNMENTS.name(), ASSIGNMENTS.advice());
  }

  /** What {@link #told(long)} says; a text that is none counts as if nobody had told anything. */
  static long told(byte[] value) {
    try {
      return Long.parseLong(new String(value, StandardCharsets.US_ASCII));
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  /**
   * @throws IOException like {@link #phase}
   */
  NodeRecord node(byte[] value) throws IOException {
    return understood(NODES, value, NODES.name(), NODES.advice());
  }

  private <T> T understood(JsonForm<T> form, byte[] value, String what, String advice)
      throws IOException {
    try (JsonReader reader = Json.createReader(new ByteArrayInputStream(value))) {
      return form.read(reader.readObject());
    } catch (RuntimeException e) {
      throw new IOException(
          "%s in %s cannot be understood (%s): %s".formatted(what, name, e.getMessage(), advice),
          e);
    }
  }
}
