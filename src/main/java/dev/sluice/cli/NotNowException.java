package dev.sluice.cli;

import dev.sluice.cli.text.CommandException;

/** Nothing answered, or the answer was "not now"; a later request may succeed. */
final class NotNowException extends CommandException {
  private static final long serialVersionUID = 1;

  NotNowException(String message) {
    super(message);
  }
}
