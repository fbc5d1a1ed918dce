package dev.sluice.journal.kafka;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** Counts readings, as the headers of their records have them. */
final class Count {
  private static final Duration POLL = Duration.ofMillis(200);

  private Count() {}

  /**
   * Readings from a mark to these ends.
   *
   * @param ends offset behind the last record, by partition
   * @param consumer reads as no group; is left at the ends
   * @throws IOException if they cannot all be read within half a minute
   */
  static long behind(
      KafkaMark mark,
      long[] ends,
      List<TopicPartition> partitions,
      Consumer<byte[], byte[]> consumer)
      throws IOException {
    consumer.assign(partitions);
    for (TopicPartition partition : partitions) {
      int p = partition.partition();
      consumer.seek(partition, Math.min(mark.place(p), ends[p]));
    }
    long deadline = System.nanoTime() + Cursors.ANSWER.toNanos();
    long readings = 0;
    while (isAnyLeft(ends, partitions, consumer)) {
      if (System.nanoTime() - deadline > 0) {
        throw new IOException(
            "%s did not give its last records within %d s"
                .formatted(partitions.getFirst().topic(), Cursors.ANSWER.toSeconds()));
      }
      for (ConsumerRecord<byte[], byte[]> each : consumer.poll(POLL)) {
        readings += each.offset() < ends[each.partition()] ? Frames.count(each.headers()) : 0;
      }
    }
    return readings;
  }

  private static boolean isAnyLeft(
      long[] ends, List<TopicPartition> partitions, Consumer<byte[], byte[]> consumer) {
    for (TopicPartition partition : partitions) {
      if (consumer.position(partition) < ends[partition.partition()]) {
        return true;
      }
    }
    return false;
  }
}
