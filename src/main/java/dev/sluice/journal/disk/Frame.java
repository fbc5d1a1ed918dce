package dev.sluice.journal.disk;

import dev.sluice.reading.ReadingBuffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * Header of one frame; behind it follows the payload, one chunk of a {@link ReadingBuffer}.
 * Confined to one thread; reused for frame after frame.
 *
 * <p>Little-endian, {@value #HEADER_BYTES} bytes: {@code u32 magic, u32 payloadBytes, u32 count,
 * u32 payload CRC32C, i64 baseOffset, i64 appendedMicros, u32 CRC32C of all before}. The header has
 * a checksum of its own so that the walk from frame to frame can trust lengths and offsets without
 * reading payloads.
 */
final class Frame {
  static final int HEADER_BYTES = 36;

  /** No frame is longer, header and payload. */
  static final int MAX_BYTES = HEADER_BYTES + ReadingBuffer.CHUNK_BYTES;

  /** The least a reading takes in a payload. */
  static final int MIN_READING_BYTES = 18;

  private static final int MAGIC = 0x4d52_4653;
  private static final int CRC_AT = HEADER_BYTES - Integer.BYTES;

  private final ByteBuffer header =
      ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private final CRC32C crc = new CRC32C();

  /** Writes a header to the buffer. */
  void put(
      ByteBuffer into,
      int payloadBytes,
      int count,
      int payloadCrc,
      long baseOffset,
      long appendedMicros) {
    header.clear();
    header.putInt(MAGIC).putInt(payloadBytes).putInt(count).putInt(payloadCrc);
    header.putLong(baseOffset).putLong(appendedMicros);
    header.putInt(checksum(header.array(), 0, CRC_AT)).flip();
    into.put(header);
  }

  /**
   * Takes the header at this place.
   *
   * @return whether it is one, by its checksum and its own bounds
   */
  boolean parse(byte[] bytes, int at) {
    if (bytes[at] != (byte) MAGIC || bytes[at + 1] != (byte) (MAGIC >>> 8)) {
      return false;
    }
    header.clear();
    header.put(bytes, at, HEADER_BYTES);
    return header.getInt(0) == MAGIC
        && header.getInt(CRC_AT) == checksum(bytes, at, CRC_AT)
        && count() >= 1
        && payloadBytes() >= (long) count() * MIN_READING_BYTES
        && payloadBytes() <= ReadingBuffer.CHUNK_BYTES
        && baseOffset() >= 0;
  }

  /** Whether these bytes are the payload this header speaks of. */
  boolean matches(byte[] bytes, int from) {
    return payloadCrc() == checksum(bytes, from, payloadBytes());
  }

  int payloadBytes() {
    return header.getInt(4);
  }

  int bytes() {
    return HEADER_BYTES + payloadBytes();
  }

  int count() {
    return header.getInt(8);
  }

  int payloadCrc() {
    return header.getInt(12);
  }

  long baseOffset() {
    return header.getLong(16);
  }

  /** Offset behind the frame's last reading. */
  long endOffset() {
    return baseOffset() + count();
  }

  long appendedMicros() {
    return header.getLong(24);
  }

  private int checksum(byte[] bytes, int from, int length) {
    crc.reset();
    crc.update(bytes, from, length);
    return (int) crc.getValue();
  }
}
