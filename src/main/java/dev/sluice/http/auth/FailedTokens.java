package dev.sluice.http.auth;

import java.net.InetAddress;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Learns of every request that is refused because its token or certificate is not valid.
 * Implementations are thread-safe.
 */
public interface FailedTokens {
  /** Why a request is refused. */
  enum Reason {
    /** It has no token, and its connection no certificate. */
    MISSING,
    /** No line of the tokens file has its hash. */
    UNKNOWN,
    /** It was valid once. */
    EXPIRED,
    /** It is valid, but not from where the request comes. */
    ADDRESS;

    /** In lower case. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * A request was refused. Called on the thread of its connection, before the answer is sent; must
   * not wait.
   *
   * @param from the sender's address; null if the connection is gone
   * @param name the name of the token or certificate; empty if it has none, or is not known
   */
  void failed(Reason reason, @Nullable InetAddress from, String name);

  /** Called about once a second, by a thread that may write to the log. */
  void report();
}
