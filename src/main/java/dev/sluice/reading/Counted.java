package dev.sluice.reading;

/** A count and what it counts, for messages. Stateless. */
public final class Counted {
  private Counted() {}

  /**
   * Returns {@code 1 reading} or {@code 2100 readings}.
   *
   * @param one the noun in the singular; its plural takes an s
   */
  public static String of(long count, String one) {
    return count + " " + one + (count == 1 ? "" : "s");
  }
}
