package dev.sluice.query;

import dev.sluice.http.ByteBudget;
import io.helidon.webserver.http.ServerResponse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * One page as text, complete before its first byte is sent: a store that fails half-way is an
 * honest 503, not half an answer. Its memory is claimed from a budget. Confined to one request.
 */
final class PageBuffer implements AutoCloseable {
  private static final int FIRST_BYTES = 8 * 1024;

  private final ByteBudget budget;
  private byte[] bytes = new byte[0];
  private int length;

  PageBuffer(ByteBudget budget) {
    this.budget = budget;
  }

  /** Appends text, leaving {@code text} empty. */
  void append(StringBuilder text) {
    byte[] encoded = text.toString().getBytes(StandardCharsets.UTF_8);
    text.setLength(0);
    reserve(encoded.length);
    System.arraycopy(encoded, 0, bytes, length, encoded.length);
    length += encoded.length;
  }

  void send(ServerResponse response) {
    response.send(bytes, 0, length);
  }

  @Override
  public void close() {
    budget.give(bytes.length);
  }

  private void reserve(int more) {
    if (length + more <= bytes.length) {
      return;
    }
    int size = Math.max(Math.max(FIRST_BYTES, 2 * bytes.length), length + more);
    if (!budget.tryTake(size - bytes.length)) {
      throw new NoRoomException(
          "answers in memory take " + budget.used() + " bytes of " + budget.limit());
    }
    bytes = Arrays.copyOf(bytes, size);
  }

  /** There is no memory for a longer answer now; unchecked to come out of a store's callback. */
  static final class NoRoomException extends RuntimeException {
    private static final long serialVersionUID = 1;

    NoRoomException(String message) {
      super(message, null, false, false);
    }
  }
}
