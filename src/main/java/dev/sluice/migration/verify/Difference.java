package dev.sluice.migration.verify;

import dev.sluice.migration.parity.MismatchClass;
import dev.sluice.reading.Identity;
import java.util.Comparator;

/**
 * One reading about which the two stores disagree. Immutable.
 *
 * <p>Ordered by time, then by {@link #hash}: an order that can be produced in bounded memory even
 * if a million readings share one ts.
 *
 * @param left the value in MySQL; NaN, which no reading has, if it is not there
 * @param right the value in QuestDB; NaN if it is not there
 */
record Difference(Identity identity, double left, double right) {
  static final Comparator<Identity> ORDER =
      Comparator.comparingLong(Identity::tsMicros)
          .thenComparing(Difference::hash, Long::compareUnsigned)
          .thenComparing(Identity::device)
          .thenComparing(Identity::metric);

  MismatchClass kind() {
    if (Double.isNaN(left)) {
      return MismatchClass.EXTRA;
    }
    return Double.isNaN(right) ? MismatchClass.MISSING : MismatchClass.ofValues(left, right);
  }

  /** Whether both stores have the same values as they had earlier. */
  boolean sameAs(Difference earlier) {
    return sameBits(left, earlier.left) && sameBits(right, earlier.right);
  }

  /** Hashes the names; spread over all bits. */
  static long hash(Identity identity) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < identity.device().length(); i++) {
      hash = (hash ^ identity.device().charAt(i)) * 0x100000001b3L;
    }
    hash = (hash ^ 0x1ffff) * 0x100000001b3L;
    for (int i = 0; i < identity.metric().length(); i++) {
      hash = (hash ^ identity.metric().charAt(i)) * 0x100000001b3L;
    }
    // The last characters have not reached the highest bits yet (finalizer of MurmurHash3).
    hash = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
    hash = (hash ^ (hash >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return hash ^ (hash >>> 33);
  }

  /** Compares bits: 0.0 and -0.0 are different values, as both stores keep them apart. */
  static boolean sameBits(double a, double b) {
    return Double.doubleToLongBits(a) == Double.doubleToLongBits(b);
  }
}
