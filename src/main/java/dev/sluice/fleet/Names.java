package dev.sluice.fleet;

import dev.sluice.files.PrivateFiles;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * The devices' names, one after another in a mapped file: outside the heap, and outside the JVM's
 * limit of direct memory. The file is scratch: it is recreated at every start, filled from the
 * snapshot, and has no name in its directory. Names are only added. Confined to one thread at a
 * time.
 *
 * <p>A name is one byte of length and its UTF-8; its place is the position of the length. A piece
 * of the file is written before it is mapped, so that a full disk is an exception and no fault.
 */
final class Names implements AutoCloseable {
  private static final int CHUNK_SHIFT = 20;
  private static final int CHUNK_BYTES = 1 << CHUNK_SHIFT;

  /** Places are unsigned ints. */
  private static final long MOST_BYTES = 1L << 32;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final FileChannel file;
  private final List<ByteBuffer> chunks = new ArrayList<>();
  private long end;

  /** Creates the file at this path, which has no name afterwards. */
  Names(Path path) throws IOException {
    file =
        PrivateFiles.open(
            path,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE);
    Files.delete(path);
  }

  /**
   * Adds a name.
   *
   * @return its place
   * @throws IOException if there is no room for it on the disk, or in the numbers of places
   */
  int add(byte[] bytes, int from, int length) throws IOException {
    int inChunk = (int) (end & (CHUNK_BYTES - 1));
    if (inChunk + 1 + length > CHUNK_BYTES) {
      end += CHUNK_BYTES - inChunk;
    }
    if (end >> CHUNK_SHIFT == chunks.size()) {
      grow();
    }
    long place = end;
    ByteBuffer chunk = chunks.get((int) (place >> CHUNK_SHIFT));
    int at = (int) (place & (CHUNK_BYTES - 1));
    chunk.put(at, (byte) length);
    chunk.put(at + 1, bytes, from, length);
    end = place + 1 + length;
    return (int) place;
  }

  /** Whether the name at this place is the given one. */
  boolean is(int place, byte[] bytes, int from, int length) {
    ByteBuffer chunk = chunk(place);
    int at = at(place);
    if ((chunk.get(at) & 0xff) != length) {
      return false;
    }
    int i = 0;
    for (; i + Long.BYTES <= length; i += Long.BYTES) {
      if (chunk.getLong(at + 1 + i) != (long) LONG.get(bytes, from + i)) {
        return false;
      }
    }
    for (; i < length; i++) {
      if (chunk.get(at + 1 + i) != bytes[from + i]) {
        return false;
      }
    }
    return true;
  }

  /** Bytes of the name at this place. */
  int length(int place) {
    return chunk(place).get(at(place)) & 0xff;
  }

  /** The name at this place; allocates. */
  String at(int place, byte[] scratch) {
    return new String(scratch, 0, copy(place, scratch), StandardCharsets.UTF_8);
  }

  /** Copies the name to the start of an array of at least 255 bytes and returns its length. */
  int copy(int place, byte[] to) {
    ByteBuffer chunk = chunk(place);
    int length = length(place);
    chunk.get(at(place) + 1, to, 0, length);
    return length;
  }

  /** Bytes mapped. */
  long bytes() {
    return (long) chunks.size() << CHUNK_SHIFT;
  }

  @Override
  public void close() throws IOException {
    file.close();
  }

  private void grow() throws IOException {
    long at = (long) chunks.size() << CHUNK_SHIFT;
    if (at >= MOST_BYTES) {
      throw new IOException("the names of all devices take " + at + " bytes, which is the limit");
    }
    ByteBuffer zeros = ByteBuffer.allocate(CHUNK_BYTES);
    while (zeros.hasRemaining()) {
      file.write(zeros, at + zeros.position());
    }
    chunks.add(
        file.map(FileChannel.MapMode.READ_WRITE, at, CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN));
  }

  private ByteBuffer chunk(int place) {
    return chunks.get((int) (Integer.toUnsignedLong(place) >> CHUNK_SHIFT));
  }

  private static int at(int place) {
    return place & (CHUNK_BYTES - 1);
  }
}
