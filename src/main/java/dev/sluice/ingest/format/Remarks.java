package dev.sluice.ingest.format;

/**
 * What the answer to one request does not mention: values that were ignored, by kind, and readings
 * stored with the time of receipt because their own time cannot be stored. Confined to one thread
 * at a time; reusable after {@link #clear()}.
 */
public final class Remarks {
  private static final int KINDS = IgnoredKind.values().length;

  private final int[] ignored = new int[KINDS];
  private final int[] marked = new int[KINDS];
  private int total;
  private int markedTotal;
  private int restamped;

  /** Counts a value that is not stored. */
  public void ignore(IgnoredKind kind) {
    ignored[kind.slot]++;
    total++;
  }

  /** Counts readings stored with the time of receipt. */
  public void restamp(int readings) {
    restamped += readings;
  }

  /** Counts what was counted elsewhere, too. */
  public void add(Remarks other) {
    for (int kind = 0; kind < KINDS && other.total != 0; kind++) {
      ignored[kind] += other.ignored[kind];
    }
    total += other.total;
    restamped += other.restamped;
  }

  /** Whether nothing was counted. */
  public boolean isEmpty() {
    return total == 0 && restamped == 0;
  }

  public int ignored(IgnoredKind kind) {
    return ignored[kind.slot];
  }

  public int restamped() {
    return restamped;
  }

  /** Remembers the ignored values for {@link #rollback()}; a later mark replaces it. */
  public void mark() {
    if (total != markedTotal) {
      System.arraycopy(ignored, 0, marked, 0, KINDS);
      markedTotal = total;
    }
  }

  /**
   * Forgets the values ignored since the last {@link #mark()}, because what held them is refused.
   */
  public void rollback() {
    if (total != markedTotal) {
      System.arraycopy(marked, 0, ignored, 0, KINDS);
      total = markedTotal;
    }
  }

  public void clear() {
    restamped = 0;
    if (total != 0 || markedTotal != 0) {
      java.util.Arrays.fill(ignored, 0);
      java.util.Arrays.fill(marked, 0);
      total = 0;
      markedTotal = 0;
    }
  }
}
