package dev.sluice.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataWriter;

/**
 * Writes to a connection's socket; a large answer has a deadline, because a client that never reads
 * it would hold its memory for ever. A small one fits into the socket's buffers, and is not worth a
 * look at the clock. Confined to the connection's thread.
 */
final class TimedWriter implements DataWriter {
  private static final int SMALL_BYTES = 64 * 1024;

  private final DataWriter socket;
  private final GuardedConnection connection;

  TimedWriter(DataWriter socket, GuardedConnection connection) {
    this.socket = socket;
    this.connection = connection;
  }

  @Override
  public void write(BufferData... buffers) {
    inTime(size(buffers), () -> socket.write(buffers));
  }

  @Override
  public void write(BufferData buffer) {
    inTime(buffer.available(), () -> socket.write(buffer));
  }

  @Override
  public void writeNow(BufferData... buffers) {
    inTime(size(buffers), () -> socket.writeNow(buffers));
  }

  @Override
  public void writeNow(BufferData buffer) {
    inTime(buffer.available(), () -> socket.writeNow(buffer));
  }

  @Override
  public void flush() {
    socket.flush();
  }

  @Override
  public void close() {
    socket.close();
  }

  private void inTime(long bytes, Runnable write) {
    if (bytes > SMALL_BYTES) {
      connection.writeInTime(bytes, write);
    } else {
      write.run();
    }
  }

  private static long size(BufferData[] buffers) {
    long bytes = 0;
    for (BufferData buffer : buffers) {
      bytes += buffer.available();
    }
    return bytes;
  }
}
