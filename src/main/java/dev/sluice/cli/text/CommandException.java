package dev.sluice.cli.text;

/** The command failed in an expected way; the message is all that a person needs. */
public class CommandException extends Exception {
  private static final long serialVersionUID = 1;

  public CommandException(String message) {
    super(message);
  }

  public CommandException(String message, Throwable cause) {
    super(message, cause);
  }
}
