package dev.sluice.journal;

import java.io.IOException;

/** Skeleton: signatures only. One writer; {@link #state()} from any thread. */
public final class Cursor {
  private CursorState state = CursorState.at(0);

  Cursor() {}

  /** The state last persisted. */
  public CursorState state() {
    return state;
  }

  /** Persists the state durably, then lets the journal delete segments nobody needs. */
  public void advance(CursorState next) throws IOException {
    state = next;
  }
}
