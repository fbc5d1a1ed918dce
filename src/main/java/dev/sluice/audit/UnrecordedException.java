package dev.sluice.audit;

import java.io.IOException;

/** A change could not be recorded, so it must not be made. The message says why and what to do. */
public final class UnrecordedException extends Exception {
  private static final long serialVersionUID = 1;

  UnrecordedException(Object file, IOException cause) {
    super(
        "nothing was done, because it cannot be recorded in the audit file "
            + file
            + " ("
            + cause.getMessage()
            + "): make it writable and free disk space, or set audit.file, then try again",
        cause);
  }
}
