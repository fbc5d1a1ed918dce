package dev.sluice.ingest.http;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import java.util.zip.ZipException;

/**
 * Decodes gzip (RFC 1952) or deflate to the last byte: a stream that is cut off, altered, or
 * followed by something else fails, and never passes for a shorter one. Several gzip members in a
 * row are one stream; zeros after the last one are padding, as for gzip itself. A deflate stream
 * may lack its zlib wrapping (RFC 9110, section 8.4.1.2), and cannot use a preset dictionary.
 * Bounded in members, in bytes, and in depth: it never calls itself.
 *
 * <p>Confined to one request. Must be closed: the inflater holds memory outside the heap.
 */
final class InflatingStream extends InputStream {
  private static final int BUFFER_BYTES = 8 * 1024;

  /** Common tools put 64 KiB or more into a member, so a body of the largest size has hundreds. */
  private static final int MOST_MEMBERS = 4096;

  private static final int GZIP_ID1 = 0x1f;
  private static final int GZIP_ID2 = 0x8b;
  private static final int METHOD_DEFLATE = 8;
  private static final int FLAG_HEADER_CRC = 2;
  private static final int FLAG_EXTRA = 4;
  private static final int FLAG_NAME = 8;
  private static final int FLAG_COMMENT = 16;
  private static final int FLAGS_RESERVED = 0xe0;

  private final InputStream source;
  private final boolean gzip;
  private final Inflater inflater;
  private final CRC32 crc = new CRC32();
  private final CRC32 headerCrc = new CRC32();
  private final byte[] in = new byte[BUFFER_BYTES];
  private final long maxBytes;
  private int at;
  private int fills;
  private int end;
  private int members;
  private long produced;
  private boolean finished;

  /**
   * Creates a stream at its first byte that produces at most {@code maxBytes}.
   *
   * @throws IOException if the first bytes do not belong to this coding
   */
  InflatingStream(InputStream source, Coding coding, long maxBytes) throws IOException {
    this.source = source;
    this.gzip = coding == Coding.GZIP;
    this.maxBytes = maxBytes;
    if (gzip) {
      beginMember();
      this.inflater = new Inflater(true);
    } else {
      this.inflater = new Inflater(!hasZlibHeader());
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    while (!finished) {
      int count = inflate(bytes, offset, length);
      if (count > 0) {
        crc.update(bytes, offset, count);
        produced += count;
        if (produced > maxBytes) {
          throw new TooLargeException();
        }
        return count;
      }
      if (inflater.finished()) {
        at = end - inflater.getRemaining();
        afterStream();
      } else if (inflater.needsDictionary()) {
        throw new ZipException("it needs a preset dictionary, which no sender can name here");
      } else if (inflater.needsInput()) {
        fill();
        if (at == end) {
          throw new EOFException();
        }
        inflater.setInput(in, at, end - at);
        at = end;
      } else if (length == 0) {
        return 0;
      }
    }
    return -1;
  }

  @Override
  public void close() throws IOException {
    inflater.end();
    source.close();
  }

  private int inflate(byte[] bytes, int offset, int length) throws ZipException {
    try {
      return inflater.inflate(bytes, offset, length);
    } catch (DataFormatException e) {
      throw new ZipException(String.valueOf(e.getMessage()));
    }
  }

  private void afterStream() throws IOException {
    if (gzip) {
      endMember();
    } else {
      fill();
      if (at < end) {
        throw new ZipException("there are bytes after its end");
      }
      finished = true;
    }
  }

  private void endMember() throws IOException {
    if (littleEndian(4) != crc.getValue()) {
      throw new ZipException("a checksum is wrong");
    }
    if (littleEndian(4) != (inflater.getBytesWritten() & 0xffff_ffffL)) {
      throw new ZipException("a length is wrong");
    }
    fill();
    if (at == end) {
      finished = true;
    } else if (in[at] == 0) {
      requirePadding();
      finished = true;
    } else {
      beginMember();
      inflater.reset();
      inflater.setInput(in, at, end - at);
      at = end;
    }
  }

  private void requirePadding() throws IOException {
    while (at < end) {
      if (in[at++] != 0) {
        throw new ZipException("there are bytes after its end that are not another member");
      }
      fill();
    }
  }

  private void beginMember() throws IOException {
    if (++members > MOST_MEMBERS) {
      throw new ZipException("it has more than " + MOST_MEMBERS + " members");
    }
    crc.reset();
    headerCrc.reset();
    if (next() != GZIP_ID1 || next() != GZIP_ID2) {
      throw new ZipException(
          members == 1
              ? "it does not start with a gzip header"
              : "there are bytes after its end that are not another member");
    }
    if (next() != METHOD_DEFLATE) {
      throw new ZipException("its compression method is not deflate");
    }
    int flags = next();
    if ((flags & FLAGS_RESERVED) != 0) {
      throw new ZipException("it has flags that are not defined");
    }
    skip(6); // time, extra flags, system
    if ((flags & FLAG_EXTRA) != 0) {
      skip((int) littleEndian(2));
    }
    if ((flags & FLAG_NAME) != 0) {
      skipText();
    }
    if ((flags & FLAG_COMMENT) != 0) {
      skipText();
    }
    if ((flags & FLAG_HEADER_CRC) != 0) {
      long expected = headerCrc.getValue() & 0xffff;
      if (littleEndian(2) != expected) {
        throw new ZipException("a header's checksum is wrong");
      }
    }
  }

  private void skip(int count) throws IOException {
    for (int i = 0; i < count; i++) {
      next();
    }
  }

  private void skipText() throws IOException {
    while (next() != 0) {
      // The text is not needed here.
    }
  }

  private long littleEndian(int bytes) throws IOException {
    long value = 0;
    for (int i = 0; i < bytes; i++) {
      value |= (long) next() << (8 * i);
    }
    return value;
  }

  private int next() throws IOException {
    fill();
    if (at == end) {
      throw new EOFException();
    }
    int b = in[at++] & 0xff;
    headerCrc.update(b);
    return b;
  }

  /** Makes sure that a byte is available, unless the source has ended. */
  @SuppressWarnings("ThreadPriorityCheck") // waits for no lock: shares the carrier thread
  private void fill() throws IOException {
    if (at == end) {
      if ((++fills & 7) == 0) {
        Thread.yield(); // much may be read here without producing any output
      }
      at = 0;
      end = Math.max(0, source.read(in, 0, in.length));
    }
  }

  private boolean hasZlibHeader() throws IOException {
    end = Math.max(0, source.readNBytes(in, 0, in.length));
    return end >= 2
        && (in[0] & 0x0f) == METHOD_DEFLATE
        && (((in[0] & 0xff) << 8) | (in[1] & 0xff)) % 31 == 0;
  }

  /** The decoded stream is longer than allowed; thrown from the middle of a read. */
  static final class TooLargeException extends IOException {
    private static final long serialVersionUID = 1;
  }
}
