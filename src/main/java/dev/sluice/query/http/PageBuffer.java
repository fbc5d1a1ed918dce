package dev.sluice.query.http;

import dev.sluice.http.ByteBudget;
import dev.sluice.http.limit.Account;
import dev.sluice.http.limit.OverLimit;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * One page as text, complete before its first byte is sent: a store that fails half-way causes an
 * honest 503, not half a page. Its memory is claimed from a budget and from the client's share of
 * that, and returned piece by piece as the client reads it. Confined to one request.
 */
final class PageBuffer implements AutoCloseable {
  private static final int FIRST_PIECE_BYTES = 8 * 1024;
  private static final int PIECE_BYTES = 64 * 1024;

  private final ByteBudget budget;
  private final Account account;
  private final Deque<byte[]> pieces = new ArrayDeque<>();
  private int used;
  private long length;
  private long claimed;

  /**
   * @param account of the client that reads the page
   */
  PageBuffer(ByteBudget budget, Account account) {
    this.budget = budget;
    this.account = account;
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
        give(piece.length);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("The client read only part of a page", e);
    }
  }

  @Override
  public void close() {
    give(claimed);
  }

  private void give(long bytes) {
    budget.give(bytes);
    account.givePage(bytes);
    claimed -= bytes;
  }

  /** The last piece, with room for at least one byte. */
  private byte[] piece() {
    byte[] last = pieces.peekLast();
    if (last != null && used < last.length) {
      return last;
    }
    int size = last == null ? FIRST_PIECE_BYTES : PIECE_BYTES;
    OverLimit over = account.tryPage(size, claimed, budget.limit());
    if (over != null) {
      throw new NoRoomException(over.reason(), over);
    }
    if (!budget.tryTake(size, claimed)) {
      account.givePage(size);
      throw new NoRoomException(
          "answers in memory take " + budget.used() + " bytes of " + budget.limit(), null);
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

    private final transient @Nullable OverLimit over;

    private NoRoomException(String message, @Nullable OverLimit over) {
      super(message, null, false, false);
      this.over = over;
    }

    /** The client's limit that leaves no room; null if all clients together leave none. */
    @Nullable OverLimit over() {
      return over;
    }
  }
}
