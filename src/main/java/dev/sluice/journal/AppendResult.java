package dev.sluice.journal;

/** What became of an append. */
public sealed interface AppendResult {
  /**
   * The readings are in the journal, as durably as {@link JournalConfig.Ack} promises.
   *
   * @param end whoever has reached it has all of them
   * @param count readings appended
   */
  record Accepted(Mark end, int count) implements AppendResult {}

  /**
   * Nothing was kept: the journal's byte limit or the disk is reached. Delivery makes room, so the
   * caller may try again.
   *
   * @param reason what is full, observed against allowed
   */
  record Full(String reason) implements AppendResult {}

  /**
   * Nothing was acknowledged and nothing will be: the journal is closed or has failed.
   *
   * @param reason why
   */
  record Closed(String reason) implements AppendResult {}
}
