package dev.sluice.cluster;

import java.io.IOException;

/** A topic is not as it must be, or may not be used: waiting does not help, a person does. */
public final class UnusableTopicException extends IOException {
  private static final long serialVersionUID = 1L;

  UnusableTopicException(String message) {
    super(message);
  }

  UnusableTopicException(String message, Throwable cause) {
    super(message, cause);
  }
}
