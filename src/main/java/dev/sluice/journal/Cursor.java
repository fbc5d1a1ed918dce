package dev.sluice.journal;

import java.io.IOException;

/** Skeleton: signatures only. One writer; {@link #state()} from any thread. */
public final class Cursor {
  Cursor() {}

  /** The state last persisted. */
  public CursorState state() {
    throw new AssertionError("skeleton");
  }

  /** Persists the state durably, then lets the journal delete segments nobody needs. */
  public void advance(CursorState next) throws IOException {
    throw new AssertionError("skeleton");
  }
}
