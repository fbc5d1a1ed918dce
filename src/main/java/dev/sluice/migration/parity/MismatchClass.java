package dev.sluice.migration.parity;

import dev.sluice.api.MismatchCounts;
import java.util.Locale;

/** How the two stores disagree about one reading. */
public enum MismatchClass {
  /** In MySQL only. */
  MISSING,
  /** In QuestDB only. */
  EXTRA,
  /** In both, with different values. */
  VALUE,
  /** In both, with values no further apart than a float or a rounded text would make them. */
  PRECISION;

  private static final double ROUNDING = 1e-6;

  /** The spelling in files and JSON. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The count of one reading of this class. */
  public MismatchCounts one() {
    return new MismatchCounts(
        this == MISSING ? 1 : 0,
        this == EXTRA ? 1 : 0,
        this == VALUE ? 1 : 0,
        this == PRECISION ? 1 : 0);
  }

  /** {@link #PRECISION} or {@link #VALUE}, for values that differ in at least one bit. */
  public static MismatchClass ofValues(double mysql, double questDb) {
    float single = (float) mysql;
    boolean asFloat = Float.isFinite(single) && single == (float) questDb;
    double largest = Math.max(Math.abs(mysql), Math.abs(questDb));
    return asFloat || Math.abs(mysql - questDb) <= ROUNDING * largest ? PRECISION : VALUE;
  }
}
