package dev.sluice.journal;

/**
 * A point in a journal: "everything acknowledged before this". Opaque and immutable; it is compared
 * with marks of the same journal only, and {@code toString} names it in messages, and to {@link
 * Journal#mark}.
 *
 * <p>Where a journal has one log, every mark reaches or is reached by every other. Where it has
 * partitions, a mark is a place in each of them, and of two marks neither may reach the other.
 */
public interface Mark {
  /** Whether whoever has come to {@code other} has everything before this mark. */
  boolean reachedBy(Mark other);

  /** The least mark that reaches both this one and the other. */
  Mark and(Mark other);
}
