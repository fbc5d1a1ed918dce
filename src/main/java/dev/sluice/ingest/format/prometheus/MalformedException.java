package dev.sluice.ingest.format.prometheus;

/** The body is not valid protobuf. Has no stack trace: it is thrown for what a sender sent. */
final class MalformedException extends Exception {
  private static final long serialVersionUID = 1;

  private final int at;

  /**
   * @param at offset in the body
   * @param reason what was found there
   */
  MalformedException(int at, String reason) {
    super(reason, null, false, false);
    this.at = at;
  }

  int at() {
    return at;
  }

  String reason() {
    return String.valueOf(getMessage());
  }
}
