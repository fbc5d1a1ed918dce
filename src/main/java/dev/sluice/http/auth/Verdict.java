package dev.sluice.http.auth;

/** What is known of the sender of one request, or of who is at the other end of a connection. */
public sealed interface Verdict {
  /** A client, whatever it may do. */
  record Known(Client client) implements Verdict {}

  /**
   * Nobody who may come in.
   *
   * @param name of the token or certificate; empty if there is none, or it is not known
   * @param message for the sender: what is wrong, and what to do
   */
  record Refused(FailedTokens.Reason reason, String name, String message) implements Verdict {
    static final Refused MISSING = nobody(FailedTokens.Reason.MISSING);
    static final Refused UNKNOWN = nobody(FailedTokens.Reason.UNKNOWN);

    private static Refused nobody(FailedTokens.Reason reason) {
      return new Refused(reason, "", "no valid token: send Authorization: Bearer <token>");
    }
  }

  /** Not to be told: there have been no valid tokens for too long. */
  record Unchecked() implements Verdict {
    static final Unchecked INSTANCE = new Unchecked();
  }
}
