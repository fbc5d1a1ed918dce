package dev.sluice.cluster;

import dev.sluice.cluster.CompactedTopic.Use;
import dev.sluice.files.AtomicFile;
import dev.sluice.journal.kafka.Clients;
import dev.sluice.journal.kafka.KafkaConfig;
import jakarta.json.Json;
import jakarta.json.JsonReader;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.zip.CRC32C;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file that only the leader writes, kept for the next leader in a compacted topic of one
 * partition, {@code <journal.kafka.topic>-fleet}: in chunks, and a {@link SnapshotHeader} behind
 * them. For one term, and used by one thread at a time.
 *
 * <p>Keys are {@code <term>/<slot>} for the header and {@code <term>/<slot>/<n>} for the n-th
 * chunk. Nobody writes under the keys of another term, so an earlier leader that wakes changes
 * nothing of what a later one has kept. Of the two slots one is complete while the other is
 * written. A snapshot is complete if the last record of each of its chunks has the number of its
 * header.
 */
final class SnapshotTopic implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SnapshotTopic.class);

  static final int CHUNK_BYTES = 512 << 10;

  /** How long the cluster may take to answer, or to give the next record. */
  private static final Duration ANSWER = Duration.ofSeconds(10);

  private static final Duration POLL = Duration.ofMillis(100);

  /** Most chunks that a consumer hands over at once. */
  private static final int POLL_RECORDS = 8;

  private static final int SLOTS = 2;
  private static final String NUMBER = "number";
  private static final SnapshotHeaderForm FORM = new SnapshotHeaderForm();

  /** A header that was read, and whose it is. */
  private record Found(long term, int slot, SnapshotHeader header) {}

  /** Where the last record of a key is, and its number. */
  private record Place(long offset, long number) {}

  /** Asked before each record whether it may be written, and told how large it is. */
  interface Pace {
    /**
     * Waits until a record of so many bytes may be written.
     *
     * @throws IOException if no more may be written
     */
    void next(int bytes) throws IOException;
  }

  private final KafkaConfig config;
  private final String journal;
  private final long term;
  private final String name;
  private final TopicPartition partition;

  /** By key; of each the last record. */
  private final Map<String, Place> places = new HashMap<>();

  /** By key. */
  private final Map<String, Found> headers = new TreeMap<>();

  private @Nullable Producer<byte[], byte[]> producer;
  private int slot;
  private long number;

  /** Connects nowhere. */
  SnapshotTopic(KafkaConfig config, String journal, long term) {
    this.config = config;
    this.journal = journal;
    this.term = term;
    this.name = Use.FLEET.name(config);
    this.partition = new TopicPartition(Use.FLEET.topic(config), 0);
  }

  /** What the topic is called in messages. */
  String name() {
    return name;
  }

  /**
   * Makes the topic if there is none, checks it, and reads what is in it.
   *
   * @throws UnusableTopicException if the topic does not fit, or may not be used
   * @throws IOException if the cluster does not answer
   */
  void open() throws IOException {
    places.clear();
    headers.clear();
    Admin admin = Clients.of(config).admin();
    try {
      new CompactedTopic(Use.FLEET, config, admin).ensure();
    } finally {
      admin.close(Duration.ZERO);
    }
    read(0, this::take);
  }

  /** Takes a record; false if it was the last one wanted. */
  private interface Reader {
    boolean take(ConsumerRecord<byte[], byte[]> each) throws IOException;
  }

  /** From this offset to the end as it is now. */
  private void read(long from, Reader reader) throws IOException {
    List<TopicPartition> one = List.of(partition);
    try (Consumer<byte[], byte[]> consumer =
        Clients.of(config)
            .consumer(
                "sluice-fleet",
                Map.of(
                    ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                    "earliest",
                    ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG,
                    4 * CHUNK_BYTES,
                    ConsumerConfig.MAX_POLL_RECORDS_CONFIG,
                    POLL_RECORDS))) {
      consumer.assign(one);
      consumer.seek(partition, from);
      long end = consumer.endOffsets(one, ANSWER).getOrDefault(partition, 0L);
      long deadline = System.nanoTime() + ANSWER.toNanos();
      while (consumer.position(partition, ANSWER) < end) {
        if (System.nanoTime() - deadline > 0) {
          throw new IOException(
              "%s gives nothing more for %d s".formatted(name, ANSWER.toSeconds()));
        }
        for (ConsumerRecord<byte[], byte[]> each : consumer.poll(POLL)) {
          deadline = System.nanoTime() + ANSWER.toNanos();
          if (!reader.take(each)) {
            return;
          }
        }
      }
    } catch (KafkaException e) {
      throw CompactedTopic.unusable(name, "be read", e);
    }
  }

  private boolean take(ConsumerRecord<byte[], byte[]> each) {
    String key = ControlRecords.key(each);
    byte @Nullable [] value = each.value();
    headers.remove(key);
    if (value == null) {
      places.remove(key);
      return true;
    }
    places.put(key, new Place(each.offset(), number(each)));
    String[] words = key.split("/", -1);
    if (words.length == 2) {
      try (JsonReader reader = Json.createReader(new ByteArrayInputStream(value))) {
        SnapshotHeader header = FORM.read(reader.readObject());
        headers.put(key, new Found(Long.parseLong(words[0]), Integer.parseInt(words[1]), header));
      } catch (RuntimeException e) {
        LOG.warn(
            "{} in {} cannot be understood ({}): {}",
            FORM.name(),
            name,
            e.getMessage(),
            FORM.advice());
      }
    }
    return true;
  }

  private static long number(ConsumerRecord<byte[], byte[]> record) {
    Header header = record.headers().lastHeader(NUMBER);
    return header == null || header.value().length != Long.BYTES
        ? -1
        : ByteBuffer.wrap(header.value()).getLong();
  }

  /**
   * Puts the newest complete snapshot in the place of this file, as of the last {@link #open}.
   *
   * @return its header; empty if there is none that is whole
   * @throws IOException if the cluster does not answer, or the file cannot be written
   */
  Optional<SnapshotHeader> fetch(Path file) throws IOException {
    List<Found> newest =
        headers.values().stream()
            .filter(this::isComplete)
            .sorted(
                Comparator.comparingLong(Found::term)
                    .thenComparingLong(found -> found.header().number())
                    .reversed())
            .toList();
    for (Found found : newest) {
      try {
        new AtomicFile().replace(file, out -> copy(found, out));
        return Optional.of(found.header());
      } catch (DamagedException e) {
        LOG.warn("{}", e.getMessage());
      }
    }
    return Optional.empty();
  }

  private boolean isComplete(Found found) {
    for (int n = 0; n < found.header().chunks(); n++) {
      Place place = places.get(key(found.term(), found.slot(), n));
      if (place == null || place.number() != found.header().number()) {
        return false;
      }
    }
    return found.header().journal().equals(journal);
  }

  /** What was read is not what was written. */
  private static final class DamagedException extends IOException {
    private static final long serialVersionUID = 1L;

    DamagedException(String message) {
      super(message);
    }
  }

  private void copy(Found found, OutputStream out) throws IOException {
    SnapshotHeader header = found.header();
    CRC32C crc = new CRC32C();
    long[] bytes = {0};
    int[] next = {0};
    if (header.chunks() > 0) {
      Place first = places.get(key(found.term(), found.slot(), 0));
      read(
          first == null ? 0 : first.offset(),
          each -> {
            byte @Nullable [] value = each.value();
            if (value != null
                && number(each) == header.number()
                && ControlRecords.key(each).equals(key(found.term(), found.slot(), next[0]))) {
              crc.update(value);
              out.write(value);
              bytes[0] += value.length;
              next[0]++;
            }
            return next[0] < header.chunks();
          });
    }
    if (next[0] < header.chunks() || bytes[0] != header.bytes() || crc.getValue() != header.crc()) {
      throw new DamagedException(
          "the snapshot of term %d in %s is damaged: %d of %d bytes, checksum %08x instead of %08x"
              .formatted(
                  found.term(), name, bytes[0], header.bytes(), crc.getValue(), header.crc()));
    }
  }

  /**
   * Writes what is in a file, in the slot that is not the newest complete one.
   *
   * @param offset of the first reading that is not in it
   * @param mark where in the journal that is
   * @throws IOException if it is not known to be written: nothing kept before is lost
   */
  void write(FileChannel file, long offset, String mark, Pace pace) throws IOException {
    number++;
    long size = file.size();
    CRC32C crc = new CRC32C();
    int chunks = 0;
    for (long at = 0; at < size; chunks++) {
      byte[] chunk = chunk(file, at, (int) Math.min(CHUNK_BYTES, size - at));
      crc.update(chunk);
      pace.next(chunk.length);
      send(key(term, slot, chunks), chunk);
      at += chunk.length;
    }
    SnapshotHeader header =
        new SnapshotHeader(number, chunks, size, crc.getValue(), journal, offset, mark);
    pace.next(0);
    send(key(term, slot), FORM.json(header).toString().getBytes(StandardCharsets.UTF_8));
    slot = (slot + 1) % SLOTS;
  }

  private static byte[] chunk(FileChannel file, long at, int bytes) throws IOException {
    ByteBuffer chunk = ByteBuffer.allocate(bytes);
    while (chunk.hasRemaining()) {
      if (file.read(chunk, at + chunk.position()) < 0) {
        throw new EOFException("the snapshot has become shorter while it was sent");
      }
    }
    return chunk.array();
  }

  private void send(String key, byte @Nullable [] value) throws IOException {
    await(List.of(sending(key, value)));
  }

  private Future<RecordMetadata> sending(String key, byte @Nullable [] value) throws IOException {
    Producer<byte[], byte[]> open = producer;
    if (open == null) {
      open =
          Clients.of(config)
              .producer(
                  "sluice-fleet",
                  Map.of(
                      ProducerConfig.COMPRESSION_TYPE_CONFIG,
                      config.compression().name().toLowerCase(Locale.ROOT),
                      ProducerConfig.BUFFER_MEMORY_CONFIG,
                      8L * CHUNK_BYTES,
                      ProducerConfig.MAX_BLOCK_MS_CONFIG,
                      String.valueOf(ANSWER.toMillis()),
                      ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
                      String.valueOf(ANSWER.toMillis()),
                      ProducerConfig.LINGER_MS_CONFIG,
                      "0"));
      producer = open;
    }
    byte[] its = ByteBuffer.allocate(Long.BYTES).putLong(0, number).array();
    try {
      return open.send(
          new ProducerRecord<>(
              partition.topic(),
              0,
              key.getBytes(StandardCharsets.UTF_8),
              value,
              List.of(new RecordHeader(NUMBER, its))));
    } catch (KafkaException e) {
      throw CompactedTopic.unusable(name, "be written", e);
    }
  }

  private void await(List<Future<RecordMetadata>> sent) throws IOException {
    try {
      for (Future<RecordMetadata> each : sent) {
        each.get();
      }
    } catch (ExecutionException e) {
      throw e.getCause() instanceof KafkaException said
          ? CompactedTopic.unusable(name, "be written", said)
          : new IOException(name + " cannot be written: " + e.getCause(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while " + name + " was written", e);
    }
  }

  /**
   * Takes out what other terms had left as of the last {@link #open}, which must have ended while
   * this node led: no later leader had written by then.
   *
   * @throws IOException if it is not known to be out
   */
  void removeOthers(Pace pace) throws IOException {
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    Set<String> others = Set.copyOf(places.keySet());
    for (String key : others) {
      if (!key.startsWith(term + "/")) {
        pace.next(0);
        sent.add(sending(key, null));
      }
    }
    await(sent);
    places.clear();
    headers.clear();
  }

  private static String key(long term, int slot) {
    return term + "/" + slot;
  }

  private static String key(long term, int slot, int chunk) {
    return key(term, slot) + "/" + chunk;
  }

  /** Ends the connections, so that the next record makes new ones. */
  @Override
  public void close() {
    Producer<byte[], byte[]> open = producer;
    producer = null;
    if (open != null) {
      open.close(Duration.ZERO);
    }
  }
}
