package dev.sluice.cluster;

import java.io.IOException;

/**
 * What only the leader may do was asked of a node that does not lead; the message says who does.
 */
public final class NotLeaderException extends IOException {
  private static final long serialVersionUID = 1;

  NotLeaderException(String message) {
    super(message);
  }
}
