package dev.sluice.query.http;

import dev.sluice.http.ByteBudget;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * One page as text, complete before its first byte is sent: a store that fails half-way causes an
 * honest 503, not half a page. Its memory is claimed from a budget, and returned piece by piece as
 * the client reads it. Confined to one request.
 */
final class PageBuffer implements AutoCloseable {
  private static final int FIRST_PIECE_BYTES = 8 * 1024;
  private static final int PIECE_BYTES = 64 * 1024;

  private final ByteBudget budget;
  private final Deque<byte[]> pieces = new ArrayDeque<>();
  private int used;
  private long length;
  private long claimed;

  PageBuffer(ByteBudget budget) {
    this.budget = budget;
  }

  /** Appends the text and clears {@code text}. */
  void append(StringBuilder text) {
    byte[] encoded = text.toString().getBytes(StandardCharsets.UTF_8);
    text.setLength(0);
    int at = 0;
    while (at < encoded.length) {
      byte[] piece = piece();
      int count = Math.min(encoded.length - at, piece.length - used);
      System.arraycopy(encoded, at, piece, used, count);
      used += count;
      at += count;
    }
    length += encoded.length;
  }

  void send(ServerResponse response) {
    if (pieces.size() == 1) {
      response.send(pieces.getFirst(), 0, used);
      return;
    }
    response.contentLength(length);
    try (OutputStream out = response.outputStream()) {
      while (!pieces.isEmpty()) {
        byte[] piece = pieces.removeFirst();
        out.write(piece, 0, pieces.isEmpty() ? used : piece.length);
        budget.give(piece.length);
        claimed -= piece.length;
      }
    } catch (IOException e) {
      throw new UncheckedIOException("The client read only part of a page", e);
    }
  }

  @Override
  public void close() {
    budget.give(claimed);
    claimed = 0;
  }

  /** The last piece, with room for at least one byte. */
  private byte[] piece() {
    byte[] last = pieces.peekLast();
    if (last != null && used < last.length) {
      return last;
    }
    int size = last == null ? FIRST_PIECE_BYTES : PIECE_BYTES;
    if (!budget.tryTake(size, claimed)) {
      throw new NoRoomException(
          "answers in memory take " + budget.used() + " bytes of " + budget.limit());
    }
    claimed += size;
    byte[] piece = new byte[size];
    pieces.addLast(piece);
    used = 0;
    return piece;
  }

  /** There is no memory for a longer page now; unchecked, to pass through a store's callback. */
  static final class NoRoomException extends RuntimeException {
    private static final long serialVersionUID = 1;

    NoRoomException(String message) {
      super(message, null, false, false);
    }
  }
}
