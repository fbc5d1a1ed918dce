package dev.sluice.journal;

import dev.sluice.config.Check;
import dev.sluice.config.Key;
import dev.sluice.config.ValueType;
import java.time.Duration;
import java.util.List;

/** The keys of {@link JournalConfig}. */
public final class JournalKeys {
  public static final Key<JournalConfig.Kind> KIND =
      Key.of(
          "journal.kind",
          "local",
          ValueType.choice(JournalConfig.Kind.values()),
          "Where readings wait. local: below data.dir; kafka: in a topic, see journal.kafka.*.");
  public static final Key<JournalConfig.Ack> ACK =
      Key.of(
          "journal.ack",
          ValueType.choice(JournalConfig.Ack.values()),
          "What an ack survives. os (usual if local): kill -9; fsync: a power cut too; replicated"
              + " (always, and only, in kafka): the loss of a machine.");
  public static final Key<Duration> SYNC_INTERVAL =
      Key.of(
          "journal.sync-interval",
          "50ms",
          ValueType.duration("1ms", "1m"),
          "With os, the longest time before a reading is synced.");
  public static final Key<Long> MAX_BYTES =
      Key.of(
          "journal.max-bytes",
          "16GiB",
          ValueType.bytes(JournalConfig.minBytes(JournalConfig.MIN_SEGMENT_BYTES), 1024L << 40),
          "Most bytes of the journal, of a topic one copy; when full, ingest answers 503.");
  public static final Key<Long> SEGMENT_BYTES =
      Key.of(
          "journal.segment-bytes",
          "128MiB",
          ValueType.bytes(JournalConfig.MIN_SEGMENT_BYTES, JournalConfig.MAX_SEGMENT_BYTES),
          "Size at which a local segment is closed; room is freed by whole segments.");

  /** All of them, in the order of the reference. */
  public static final List<Key<?>> ALL =
      List.of(KIND, ACK, SYNC_INTERVAL, MAX_BYTES, SEGMENT_BYTES);

  private JournalKeys() {}

  /** What an ack waits for. */
  public static JournalConfig.Ack ack(Check settings) {
    return settings.optional(ACK).orElse(settings.required(KIND).usualAck());
  }

  /** Refuses an ack of another kind, and a local journal that has no room for two segments. */
  public static void check(Check settings) {
    JournalConfig.Kind kind = settings.required(KIND);
    if (!kind.offers(ack(settings))) {
      settings.refuse(
          ACK,
          kind == JournalConfig.Kind.KAFKA
              ? "replicated, as journal.kind is kafka"
              : "os or fsync, as journal.kind is local");
    }
    if (kind == JournalConfig.Kind.KAFKA) {
      return;
    }
    long min = JournalConfig.minBytes(settings.required(SEGMENT_BYTES));
    if (settings.required(MAX_BYTES) < min) {
      settings.refuse(MAX_BYTES, "at least two journal.segment-bytes (" + min + ")");
    }
  }
}
