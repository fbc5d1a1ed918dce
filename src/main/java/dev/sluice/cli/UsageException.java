package dev.sluice.cli;

import dev.sluice.cli.text.CommandException;

/** The options cannot be combined as given; the message says which ones can. */
final class UsageException extends CommandException {
  private static final long serialVersionUID = 1;

  UsageException(String message) {
    super(message);
  }
}
