package dev.sluice.ingest;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;

/** Content codings of request bodies. */
enum Coding {
  IDENTITY,
  GZIP,
  DEFLATE,
  UNKNOWN;

  private static final int BUFFER_BYTES = 8 * 1024;

  /** The coding a {@code Content-Encoding} value names. */
  static Coding of(String name) {
    return switch (name.strip().toLowerCase(Locale.ROOT)) {
      case "", "identity" -> IDENTITY;
      case "gzip", "x-gzip" -> GZIP;
      case "deflate" -> DEFLATE;
      default -> UNKNOWN;
    };
  }

  /**
   * The decoded form of a complete body. Several gzip members in a row are one body (RFC 1952); a
   * deflate body may lack its zlib wrapping (RFC 9110, section 8.4.1.2).
   *
   * @throws IOException when the first bytes are not of this coding; the stream throws it for later
   */
  InputStream decode(byte[] packed, int length) throws IOException {
    InputStream in = new ByteArrayInputStream(packed, 0, length);
    return switch (this) {
      case GZIP -> new GZIPInputStream(in, BUFFER_BYTES);
      case DEFLATE -> new Inflation(in, new Inflater(!hasZlibHeader(packed, length)));
      case IDENTITY, UNKNOWN -> throw new AssertionError(this + " is not decoded");
    };
  }

  private static boolean hasZlibHeader(byte[] packed, int length) {
    return length >= 2
        && (packed[0] & 0x0f) == 8
        && (((packed[0] & 0xff) << 8) | (packed[1] & 0xff)) % 31 == 0;
  }

  /**
   * Frees its inflater's native memory on close, which the JDK's stream does not for a given one.
   */
  private static final class Inflation extends InflaterInputStream {
    Inflation(InputStream in, Inflater inflater) {
      super(in, inflater, BUFFER_BYTES);
    }

    @Override
    public void close() throws IOException {
      try {
        super.close();
      } finally {
        inf.end();
      }
    }
  }
}
