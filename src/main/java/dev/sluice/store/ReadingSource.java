package dev.sluice.store;

import dev.sluice.reading.Reading;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A store as read requests see it. Thread-safe. */
public interface ReadingSource {
  /** {@code mysql} or {@code questdb}: named in the response. */
  String name();

  /** How many reads it answers at the same time, while further ones wait; by default any number. */
  default int readers() {
    return Integer.MAX_VALUE;
  }

  /**
   * Streams the page to {@code each}, in order, using memory bounded by the page.
   *
   * @throws UnavailableException when the store cannot answer now
   */
  void read(ReadingQuery query, Consumer<Reading> each) throws UnavailableException;

  /** The store cannot answer now; the message says why and what would help. */
  final class UnavailableException extends Exception {
    private static final long serialVersionUID = 1;

    private final boolean lasting;

    public UnavailableException(String message, @Nullable Throwable cause) {
      this(message, cause, false);
    }

    /**
     * Creates the exception, stating whether a retry can help.
     *
     * @param lasting whether a retry helps only after a person has changed something
     */
    public UnavailableException(String message, @Nullable Throwable cause, boolean lasting) {
      super(message, cause);
      this.lasting = lasting;
    }

    /** Whether a retry helps only after a person has changed something. */
    public boolean lasting() {
      return lasting;
    }
  }
}
