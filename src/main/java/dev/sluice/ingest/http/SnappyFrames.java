package dev.sluice.ingest.http;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32C;
import java.util.zip.ZipException;

/**
 * Decodes snappy's framing format (framing_format.txt of google/snappy) to the last byte: a stream
 * that is cut off or altered fails. A chunk never decodes to more than 64 KiB, whatever it claims.
 * Confined to one request.
 */
final class SnappyFrames extends InputStream {
  private static final byte[] IDENTIFIER = {
    (byte) 0xff, 6, 0, 0, 's', 'N', 'a', 'P', 'p', 'Y',
  };
  private static final int HEADER_BYTES = 4;
  private static final int CHECKSUM_BYTES = 4;
  private static final int MOST_CHUNK_BYTES = 64 * 1024;

  private static final int COMPRESSED = 0;
  private static final int UNCOMPRESSED = 1;
  private static final int FIRST_SKIPPABLE = 0x80;
  private static final int IDENTIFIER_TYPE = 0xff;

  private final byte[] packed;
  private final int length;
  private final byte[] chunk = new byte[MOST_CHUNK_BYTES];
  private final CRC32C crc = new CRC32C();
  private int at;
  private int chunkAt;
  private int chunkEnd;

  /**
   * Creates a stream over the first {@code length} bytes.
   *
   * @throws IOException if they do not begin with the stream identifier
   */
  SnappyFrames(byte[] packed, int length) throws IOException {
    if (length == 0) {
      throw new EOFException();
    }
    if (!begin(packed, length)) {
      throw new ZipException("it does not start with a stream identifier (sNaPpY)");
    }
    this.packed = packed;
    this.length = length;
  }

  /** Whether this is a framed stream; what else is called snappy is a single block. */
  static boolean begin(byte[] packed, int length) {
    return isIdentifier(packed, 0, length);
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int offset, int wanted) throws IOException {
    while (chunkAt == chunkEnd) {
      if (at == length) {
        return -1;
      }
      readChunk();
    }
    int count = Math.min(wanted, chunkEnd - chunkAt);
    System.arraycopy(chunk, chunkAt, bytes, offset, count);
    chunkAt += count;
    return count;
  }

  private void readChunk() throws IOException {
    int type = length - at < HEADER_BYTES ? -1 : packed[at] & 0xff;
    int size = type < 0 ? 0 : (int) littleEndian(at + 1, 3);
    if (type < 0 || size > length - at - HEADER_BYTES) {
      throw new EOFException();
    }
    int dataAt = at + HEADER_BYTES;
    if (type == COMPRESSED || type == UNCOMPRESSED) {
      decode(type, dataAt, size);
    } else if (type == IDENTIFIER_TYPE && !isIdentifier(packed, at, length)) {
      throw new ZipException("a stream identifier is not \"sNaPpY\"");
    } else if (type < FIRST_SKIPPABLE) {
      throw new ZipException("it has a chunk of type " + type + ", which is not defined");
    }
    at = dataAt + size;
  }

  private void decode(int type, int dataAt, int size) throws IOException {
    if (size < CHECKSUM_BYTES) {
      throw new ZipException("a chunk has no room for its checksum");
    }
    int from = dataAt + CHECKSUM_BYTES;
    int stored = size - CHECKSUM_BYTES;
    int decoded = type == COMPRESSED ? SnappyBlocks.decodedLength(packed, from, stored) : stored;
    if (decoded > MOST_CHUNK_BYTES) {
      throw new ZipException(
          "a chunk claims %d bytes, allowed are %d".formatted(decoded, MOST_CHUNK_BYTES));
    }
    if (type == COMPRESSED) {
      SnappyBlocks.decode(packed, from, stored, chunk);
    } else {
      System.arraycopy(packed, from, chunk, 0, stored);
    }
    if (masked(decoded) != littleEndian(dataAt, CHECKSUM_BYTES)) {
      throw new ZipException("a checksum is wrong");
    }
    chunkAt = 0;
    chunkEnd = decoded;
  }

  /** The checksum of the chunk as the format stores it. */
  private long masked(int bytes) {
    crc.reset();
    crc.update(chunk, 0, bytes);
    int value = (int) crc.getValue();
    return (Integer.rotateRight(value, 15) + 0xa282ead8) & 0xffff_ffffL;
  }

  private long littleEndian(int from, int bytes) {
    long value = 0;
    for (int i = 0; i < bytes; i++) {
      value |= (packed[from + i] & 0xffL) << (8 * i);
    }
    return value;
  }

  private static boolean isIdentifier(byte[] bytes, int from, int to) {
    boolean same = to - from >= IDENTIFIER.length;
    for (int i = 0; same && i < IDENTIFIER.length; i++) {
      same = bytes[from + i] == IDENTIFIER[i];
    }
    return same;
  }
}
