package dev.sluice.api;

/**
 * How many readings differ, by class.
 *
 * @param missing in MySQL only
 * @param extra in QuestDB only
 * @param value in both, with different values
 * @param precision in both, with values no further apart than rounding makes them
 */
public record MismatchCounts(long missing, long extra, long value, long precision) {
  public static final MismatchCounts NONE = new MismatchCounts(0, 0, 0, 0);

  public long total() {
    return missing + extra + value + precision;
  }

  public MismatchCounts plus(MismatchCounts other) {
    return new MismatchCounts(
        missing + other.missing,
        extra + other.extra,
        value + other.value,
        precision + other.precision);
  }
}
