package dev.sluice.admin;

import io.helidon.http.Status;

/**
 * A request that is invalid and will remain so however often it is sent. The message names the
 * member, its value and what is allowed.
 */
final class InvalidException extends Exception {
  private static final long serialVersionUID = 1;

  private final transient Status status;

  InvalidException(String message) {
    this(Status.BAD_REQUEST_400, message);
  }

  InvalidException(Status status, String message) {
    super(message);
    this.status = status;
  }

  Status status() {
    return status;
  }
}
