package dev.sluice.cli;

import dev.sluice.cli.text.CommandException;

/** Sluice understood the request, but refuses it in its current state. */
final class RefusalException extends CommandException {
  private static final long serialVersionUID = 1;

  private final String body;

  /**
   * @param body the whole answer
   */
  RefusalException(String message, String body) {
    super(message);
    this.body = body;
  }

  String body() {
    return body;
  }
}
