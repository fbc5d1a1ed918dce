package dev.sluice.store;

import dev.sluice.reading.ReadingBatch;
import java.io.IOException;
import java.util.Set;

/**
 * A store as delivery sees it. Called by one delivery thread only; another thread may call {@link
 * #close()} once that one has ended.
 */
public interface Sink extends AutoCloseable {
  /** {@code mysql} or {@code questdb}: the name in status, metrics and files. */
  String name();

  /** Most readings {@link #write} takes in one call. */
  int maxBatch();

  /**
   * Whether a batch costs less if all of it is later than what was written before. Delivery then
   * lets the newest readings of a batch wait for the next one while there is a backlog.
   */
  default boolean keepsTimeOrder() {
    return false;
  }

  /**
   * Upserts all readings and returns when the store has acknowledged them; of several with one
   * identity, the last wins. Store failures are returned, never thrown; repeating a write changes
   * nothing.
   */
  WriteResult write(ReadingBatch batch);

  /** Likewise, as long as this permits it; what was sent before it was gone may be stored. */
  default WriteResult write(ReadingBatch batch, WritePermit permit) {
    return permit.holds() ? write(batch) : new WriteResult.Unavailable(WritePermit.GONE);
  }

  /**
   * Ends at the store whatever these processes, which may not write to it any more, can still have
   * on the way to it. Any thread may call it. Does nothing where a store offers no way.
   *
   * @param processes as they mark what they send
   * @throws IOException if some of it may still arrive
   */
  default void endWritesOf(Set<String> processes) throws IOException {}

  /** Likewise, of all but this process that write to it by turns. */
  default void endWritesOfOthers() throws IOException {}

  /** Releases every connection, file and thread; never throws. */
  @Override
  void close();
}
