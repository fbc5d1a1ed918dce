package dev.sluice.ingest.http;

import com.github.luben.zstd.RecyclingBufferPool;
import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import com.github.luben.zstd.ZstdIOException;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.Semaphore;
import java.util.zip.ZipException;

/**
 * Decodes zstd (RFC 8878) to the last byte: a stream that is cut off, altered, or followed by
 * something else fails. Several frames in a row are one stream. No claimed size is believed; a
 * frame whose window is larger than RFC 9659 lets a sender choose is refused.
 *
 * <p>Confined to one request. Must be closed: the decoder holds memory outside the heap, about 8.5
 * MiB at most. There are only as many decoders at once as there are permits; a body waits for its
 * turn, which never depends on a sender, because all of it is there.
 */
final class ZstdStream extends InputStream {
  private static final int MOST_WINDOW_LOG = 23;

  /** As of gzip: an empty frame takes time but makes no output. */
  private static final int MOST_FRAMES = 4096;

  private final Semaphore decoders;
  private final ZstdInputStreamNoFinalizer decoder;
  private boolean closed;

  /**
   * Waits for a permit, then creates a stream over the first {@code length} bytes.
   *
   * @param decoders one permit for each decoder that may exist at once
   * @throws IOException if they are not whole frames
   */
  ZstdStream(byte[] packed, int length, Semaphore decoders) throws IOException {
    requireFrames(packed, length);
    this.decoders = decoders;
    decoders.acquireUninterruptibly();
    boolean made = false;
    try {
      this.decoder =
          new ZstdInputStreamNoFinalizer(
              new ByteArrayInputStream(packed, 0, length), RecyclingBufferPool.INSTANCE);
      decoder.setLongMax(MOST_WINDOW_LOG);
      made = true;
    } finally {
      if (!made) {
        decoders.release();
      }
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    try {
      return decoder.read(bytes, offset, length);
    } catch (ZstdIOException e) {
      if (e.getErrorCode() == Zstd.errFrameParameterWindowTooLarge()) {
        throw new ZipException("a frame needs a window of more than 8 MiB (RFC 9659)");
      }
      throw e;
    }
  }

  @Override
  public void close() throws IOException {
    if (!closed) {
      closed = true;
      try {
        decoder.close();
      } finally {
        decoders.release();
      }
    }
  }

  /** Looks at the frames' headers and at those of their blocks only. */
  private static void requireFrames(byte[] packed, int length) throws IOException {
    int frames = 0;
    int at = 0;
    do {
      at += frameBytes(packed, at, length, frames == 0);
      if (++frames > MOST_FRAMES) {
        throw new ZipException("it has more than " + MOST_FRAMES + " frames");
      }
    } while (at < length);
  }

  private static int frameBytes(byte[] packed, int at, int length, boolean first)
      throws IOException {
    if (at == length) {
      throw new EOFException();
    }
    try {
      return (int) Zstd.findFrameCompressedSize(packed, at, length - at);
    } catch (ZstdException e) {
      if (e.getErrorCode() == Zstd.errSrcSizeWrong()) {
        throw new EOFException();
      }
      throw new ZipException(
          first
              ? "it does not start with a whole frame"
              : "there are bytes after its end that are not another frame");
    }
  }
}
