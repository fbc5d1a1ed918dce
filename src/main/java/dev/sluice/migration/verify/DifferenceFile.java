package dev.sluice.migration.verify;

import dev.sluice.files.PrivateFiles;
import dev.sluice.reading.Counted;
import dev.sluice.reading.Identity;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Differences of an hour while it is looked at: there may be more than fit into memory. Worth
 * nothing after the run, so never synced. Confined to one thread.
 */
final class DifferenceFile {
  private DifferenceFile() {}

  /** Writes a file anew. */
  static final class Writer implements Differences, AutoCloseable {
    private final DataOutputStream out;
    private final long maxBytes;
    private long count;
    private long bytes;
    private long fromMicros = Long.MAX_VALUE;
    private long toMicros = Long.MIN_VALUE;

    Writer(Path file, long maxBytes) throws IOException {
      this.out = new DataOutputStream(new BufferedOutputStream(PrivateFiles.newOutputStream(file)));
      this.maxBytes = maxBytes;
    }

    @Override
    public void add(Difference difference) throws IOException {
      Identity identity = difference.identity();
      // Both lengths, the ts, both values, and what one character takes at the least.
      bytes += 28 + identity.device().length() + identity.metric().length();
      if (bytes > maxBytes) {
        throw new TooManyException(count, maxBytes);
      }
      out.writeLong(identity.tsMicros());
      out.writeUTF(identity.device());
      out.writeUTF(identity.metric());
      out.writeDouble(difference.left());
      out.writeDouble(difference.right());
      count++;
      fromMicros = Math.min(fromMicros, identity.tsMicros());
      toMicros = Math.max(toMicros, identity.tsMicros());
    }

    /** Makes what was added readable. */
    void flush() throws IOException {
      out.flush();
    }

    long count() {
      return count;
    }

    /** The first ts. */
    long fromMicros() {
      return fromMicros;
    }

    /** The last ts. */
    long toMicros() {
      return toMicros;
    }

    @Override
    public void close() throws IOException {
      out.close();
    }
  }

  /** Reads a file in the order it was written. */
  static final class Reader implements AutoCloseable {
    private final DataInputStream in;

    Reader(Path file) throws IOException {
      this.in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file)));
    }

    /** Empty behind the last. */
    Optional<Difference> next() throws IOException {
      long ts;
      try {
        ts = in.readLong();
      } catch (EOFException e) {
        return Optional.empty();
      }
      Identity identity = new Identity(in.readUTF(), in.readUTF(), ts);
      return Optional.of(new Difference(identity, in.readDouble(), in.readDouble()));
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }

  /** More differences than may be kept. */
  static final class TooManyException extends IOException {
    private static final long serialVersionUID = 1;

    private final long count;

    TooManyException(long count, long maxBytes) {
      super("more than " + Counted.of(count, "difference") + " exceed " + maxBytes + " bytes");
      this.count = count;
    }

    /** Those that fitted. */
    long count() {
      return count;
    }
  }
}
