package dev.sluice.http.origin;

/** Whether a request may go on, by what it says about where it comes from. */
public sealed interface Verdict {
  /** It may. */
  enum Welcome implements Verdict {
    WELCOME
  }

  /**
   * It is for a host name that is not ours: 421.
   *
   * @param reason for the client to read: what to change
   */
  record Misdirected(String reason) implements Verdict {}

  /**
   * A page of another origin sent it: 403.
   *
   * @param reason for the client to read: what to change
   */
  record Foreign(String reason) implements Verdict {}
}
