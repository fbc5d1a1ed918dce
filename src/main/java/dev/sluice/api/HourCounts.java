package dev.sluice.api;

/** How many hours are in each state. */
public record HourCounts(long unverified, long matched, long mismatched, long dirty) {
  public static final HourCounts NONE = new HourCounts(0, 0, 0, 0);
}
