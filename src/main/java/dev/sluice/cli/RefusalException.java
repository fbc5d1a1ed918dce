package dev.sluice.cli;

import dev.sluice.cli.text.CommandException;

/** Sluice understood, and will not do it as things are. */
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
