package dev.sluice.ingest.format;

import java.util.Arrays;

/**
 * What was refused of one request: the first {@value #KEPT} with position and reason, and the total
 * count. A rejection is for a whole line or array element, or for one reading in it while the
 * others are kept. Confined to one thread at a time; reusable after {@link #clear()}.
 *
 * <p>Reasons cost memory, so a parser builds one only if {@link #wantsReason()}.
 */
public final class Rejections {
  /** Maximum number of rejections kept with position and reason. */
  static final int KEPT = 100;

  private final int[] position = new int[KEPT];
  private final String[] reason = new String[KEPT];
  private int count;
  private int mark;

  public Rejections() {
    Arrays.fill(reason, "");
  }

  /** Counts one more rejection, and keeps it if it is among the first {@value #KEPT}. */
  public void add(int at, String why) {
    if (count < KEPT) {
      position[count] = at;
      reason[count] = why;
    }
    count++;
  }

  /** Whether the next rejection's reason will be kept. */
  public boolean wantsReason() {
    return count < KEPT;
  }

  /** Number of rejections in the whole request, including those beyond {@link #kept()}. */
  public int count() {
    return count;
  }

  /** Number of rejections that have a position and a reason. */
  public int kept() {
    return Math.min(count, KEPT);
  }

  /** 1-based line (line protocol, NDJSON) or 0-based index in the array (JSON). */
  public int position(int i) {
    return position[i];
  }

  public String reason(int i) {
    return reason[i];
  }

  /** Remembers this state for {@link #rollback()}; a later mark replaces it. */
  public void mark() {
    mark = count;
  }

  /** Forgets every rejection since the last {@link #mark()}. */
  public void rollback() {
    count = mark;
  }

  public void clear() {
    count = 0;
    mark = 0;
  }
}
