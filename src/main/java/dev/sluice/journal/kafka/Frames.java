package dev.sluice.journal.kafka;

import dev.sluice.reading.ReadingBuffer;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/**
 * A record of the topic is one frame: its value is one chunk of a {@link ReadingBuffer}, as in a
 * frame on disk; its timestamp is when it was appended; its header {@value #HEADER} is {@code u8
 * version, i32 count}, big-endian. It has no key.
 */
final class Frames {
  /** No record has more bytes: a frame, its header, and room for a batch of its own. */
  static final int MAX_RECORD_BYTES = ReadingBuffer.CHUNK_BYTES + 4_096;

  private static final String HEADER = "sluice";
  private static final byte VERSION = 1;

  private Frames() {}

  /**
   * The partition of a device: CRC-32C of its name's bytes, unsigned, modulo the number of
   * partitions. Part of the data, like that number: with another one, readings of one device would
   * overtake each other.
   */
  static int partition(byte[] bytes, int deviceAt, int deviceLength, int partitions) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, deviceAt, deviceLength);
    return (int) (crc.getValue() % partitions);
  }

  static ProducerRecord<byte[], byte[]> record(
      String topic, int partition, long appendedMillis, byte[] chunk, int count) {
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(topic, partition, appendedMillis, null, chunk);
    record
        .headers()
        .add(HEADER, ByteBuffer.allocate(1 + Integer.BYTES).put(VERSION).putInt(count).array());
    return record;
  }

  /** Number of readings, as the header has it; 0 if there is no such header. */
  static int count(Headers headers) {
    Header header = headers.lastHeader(HEADER);
    if (header == null || header.value().length != 1 + Integer.BYTES) {
      return 0;
    }
    ByteBuffer value = ByteBuffer.wrap(header.value());
    return value.get() == VERSION ? Math.max(0, value.getInt()) : 0;
  }
}
