package dev.sluice.journal;

/**
 * One consistent look at the journal.
 *
 * @param firstOffset offset of the oldest reading kept
 * @param nextOffset offset the next reading will get
 * @param bytes size of all segments
 * @param maxBytes limit of {@code bytes}
 * @param accepted readings appended and acknowledged since this process opened the journal
 * @param lost readings in offset ranges that recovery had to give up, ever, as far as the directory
 *     knows
 * @param full why an append would be refused now, empty when it would not
 */
public record JournalStats(
    long firstOffset,
    long nextOffset,
    long bytes,
    long maxBytes,
    long accepted,
    long lost,
    String full) {}
