package dev.sluice.journal.kafka;

import dev.sluice.journal.kafka.KafkaConfig.Compression;
import dev.sluice.testing.TestKafka;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;

/** Topics for tests, each of its own name. */
final class Topics {
  private static final AtomicInteger NUMBER = new AtomicInteger();

  private Topics() {}

  static String name() {
    return "test-" + ProcessHandle.current().pid() + "-" + NUMBER.incrementAndGet();
  }

  static KafkaConfig config(
      TestKafka kafka, String topic, int partitions, int replication, long maxBytes) {
    return new KafkaConfig(
        List.of(kafka.servers().split(",")),
        topic,
        partitions,
        replication,
        Compression.NONE,
        Duration.ofMillis(2),
        256 << 10,
        Optional.empty(),
        maxBytes);
  }

  static Admin admin(TestKafka kafka) {
    return Admin.create(Map.of("bootstrap.servers", kafka.servers()));
  }

  /** Deletes all records but the last of each partition. */
  static void deleteAllButLast(TestKafka kafka, String topic, int partitions) throws Exception {
    try (Admin admin = admin(kafka)) {
      Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
      for (int p = 0; p < partitions; p++) {
        ends.put(new TopicPartition(topic, p), OffsetSpec.latest());
      }
      Map<TopicPartition, RecordsToDelete> deleted = new HashMap<>();
      for (Map.Entry<TopicPartition, ListOffsetsResultInfo> end :
          admin.listOffsets(ends).all().get().entrySet()) {
        if (end.getValue().offset() > 1) {
          deleted.put(end.getKey(), RecordsToDelete.beforeOffset(end.getValue().offset() - 1));
        }
      }
      admin.deleteRecords(deleted).all().get();
    }
  }
}
