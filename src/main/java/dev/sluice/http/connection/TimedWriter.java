package dev.sluice.http.connection;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataWriter;

/**
 * Writes to a connection's socket, timed by the watch. A large answer goes out in pieces, so that
 * its progress is visible, and so that the socket does not copy all of it outside the heap; its
 * memory is claimed while it is being written. Confined to the connection's thread.
 */
final class TimedWriter implements DataWriter {
  private static final int PIECE_BYTES = 64 * 1024;

  private final DataWriter socket;
  private final GuardedConnection connection;

  TimedWriter(DataWriter socket, GuardedConnection connection) {
    this.socket = socket;
    this.connection = connection;
  }

  @Override
  public void write(BufferData... buffers) {
    write(BufferData.create(buffers));
  }

  @Override
  public void write(BufferData buffer) {
    int bytes = buffer.available();
    connection.beginWrite(bytes);
    try {
      if (bytes <= PIECE_BYTES) {
        socket.write(buffer);
        connection.wrote(bytes);
      } else {
        writePieces(buffer, bytes);
      }
    } finally {
      connection.endWrite();
    }
  }

  @Override
  public void writeNow(BufferData... buffers) {
    write(buffers);
  }

  @Override
  public void writeNow(BufferData buffer) {
    write(buffer);
  }

  @Override
  public void flush() {
    socket.flush();
  }

  @Override
  public void close() {
    socket.close();
  }

  private void writePieces(BufferData buffer, int bytes) {
    byte[] piece = new byte[PIECE_BYTES];
    int left = bytes;
    while (left > 0) {
      int count = buffer.read(piece, 0, Math.min(left, PIECE_BYTES));
      socket.write(BufferData.create(piece, 0, count));
      connection.wrote(count);
      left -= count;
    }
  }
}
