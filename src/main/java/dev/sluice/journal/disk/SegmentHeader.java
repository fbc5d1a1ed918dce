package dev.sluice.journal.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.zip.CRC32C;

/**
 * The first {@value #BYTES} bytes of a segment, little-endian: {@code u64 magic, u32 version, i64
 * baseOffset, u32 CRC32C of all before}; and the segment's name, {@code <20-digit base
 * offset>.log}.
 */
final class SegmentHeader {
  static final int BYTES = 24;

  private static final long MAGIC = 0x4c4e_524a_4349_4c53L;
  private static final int VERSION = 1;
  private static final int CRC_AT = BYTES - Integer.BYTES;

  private SegmentHeader() {}

  static String fileName(long baseOffset) {
    return String.format("%020d.log", baseOffset);
  }

  /** The base offset a file name tells, empty when it is no segment's name. */
  static OptionalLong baseOffset(String fileName) {
    if (!fileName.matches("0[0-9]{19}\\.log")) {
      return OptionalLong.empty();
    }
    return OptionalLong.of(Long.parseLong(fileName.substring(0, 20)));
  }

  static ByteBuffer encode(long baseOffset) {
    ByteBuffer header = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
    header.putLong(MAGIC).putInt(VERSION).putLong(baseOffset);
    return header.putInt(checksum(header.array())).flip();
  }

  /**
   * Whether the file starts with the header of a segment with this base offset.
   *
   * @throws IOException when it is intact and of a version this build does not read
   */
  static boolean intact(DiskFile file, long baseOffset, Path path) throws IOException {
    ByteBuffer header = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
    while (header.hasRemaining() && file.read(header, header.position()) > 0) {}
    if (header.hasRemaining()
        || header.getLong(0) != MAGIC
        || header.getInt(CRC_AT) != checksum(header.array())) {
      return false;
    }
    if (header.getInt(8) != VERSION) {
      throw new IOException(
          "journal segment "
              + path
              + " has format version "
              + header.getInt(8)
              + ", this build reads version "
              + VERSION
              + "; start the build that wrote it");
    }
    return header.getLong(12) == baseOffset;
  }

  private static int checksum(byte[] header) {
    CRC32C crc = new CRC32C();
    crc.update(header, 0, CRC_AT);
    return (int) crc.getValue();
  }
}
