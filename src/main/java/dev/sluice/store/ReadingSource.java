package dev.sluice.store;

import dev.sluice.reading.Reading;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A store as reads see it. Thread-safe. */
public interface ReadingSource {
  /** {@code mysql} or {@code questdb}: named in the answer. */
  String name();

  /**
   * Streams the page to {@code each}, in order, in memory bounded by the page.
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
     * Likewise.
     *
     * @param lasting whether asking again helps only once a person has changed something
     */
    public UnavailableException(String message, @Nullable Throwable cause, boolean lasting) {
      super(message, cause);
      this.lasting = lasting;
    }

    /** Whether asking again helps only once a person has changed something. */
    public boolean lasting() {
      return lasting;
    }
  }
}
