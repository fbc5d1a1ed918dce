package dev.sluice.ingest.format;

import java.math.BigInteger;

/**
 * The double nearest to {@code w * 10^q}, correctly rounded, without allocating. Stateless.
 *
 * <p>The algorithm of Eisel and Lemire ("Number Parsing at a Gigabyte per Second", 2021), with the
 * proof of Mushtak and Lemire ("Fast Number Parsing Without Fallback", 2022) that 128 bits of each
 * power of five are enough for every 64-bit {@code w}. The shortest decimal form of a double has up
 * to 17 digits, more than the exact fast path of {@link Decimal} can handle; without this, every
 * second reading of a percentage would allocate.
 */
final class EiselLemire {
  /** Below this even the largest w is under half the smallest double. */
  private static final int LEAST_POWER = -342;

  /** Above this even 1 overflows. */
  private static final int GREATEST_POWER = 308;

  private static final int MANTISSA_BITS = 52;
  private static final int INFINITE_EXPONENT = 0x7ff;

  /** High and low half of the first 128 bits of 5^q, from {@link #LEAST_POWER} on. */
  private static final long[] POWER_OF_FIVE = powersOfFive();

  private EiselLemire() {}

  /**
   * Rounds to the nearest double.
   *
   * @param w unsigned
   * @return not negative; infinite on overflow
   */
  static double toDouble(long w, long q) {
    if (w == 0 || q < LEAST_POWER) {
      return 0;
    }
    if (q > GREATEST_POWER) {
      return Double.POSITIVE_INFINITY;
    }
    int zeros = Long.numberOfLeadingZeros(w);
    long normal = w << zeros;
    int index = 2 * ((int) q - LEAST_POWER);
    long high = Math.unsignedMultiplyHigh(normal, POWER_OF_FIVE[index]);
    long low = normal * POWER_OF_FIVE[index];
    if ((high & 0x1ff) == 0x1ff) {
      long more = Math.unsignedMultiplyHigh(normal, POWER_OF_FIVE[index + 1]);
      low += more;
      if (Long.compareUnsigned(more, low) > 0) {
        high++;
      }
    }
    int upper = (int) (high >>> 63);
    // floor(q * log2(10)), by a fraction that is exact over the range of q
    int exponent = (((152_170 + 65_536) * (int) q) >> 16) + 63 + upper - zeros + 1023;
    return round(high, low, upper + 9, exponent, (int) q);
  }

  /** Rounds half to even; {@code shift} leaves the mantissa and one more bit. */
  private static double round(long high, long low, int shift, int exponent, int q) {
    long mantissa = high >>> shift;
    if (exponent <= 0) {
      return subnormal(mantissa, exponent);
    }
    boolean halfway =
        Long.compareUnsigned(low, 1) <= 0 && q >= -4 && q <= 23 && (mantissa & 3) == 1;
    if (halfway && mantissa << shift == high) {
      mantissa &= ~1;
    }
    mantissa = (mantissa + (mantissa & 1)) >>> 1;
    int biased = exponent;
    if (mantissa >>> (MANTISSA_BITS + 1) != 0) {
      mantissa = 1L << MANTISSA_BITS;
      biased++;
    }
    if (biased >= INFINITE_EXPONENT) {
      return Double.POSITIVE_INFINITY;
    }
    return Double.longBitsToDouble(
        (long) biased << MANTISSA_BITS | (mantissa & ((1L << MANTISSA_BITS) - 1)));
  }

  private static double subnormal(long mantissa, int exponent) {
    if (1 - exponent >= 64) {
      return 0;
    }
    long shifted = mantissa >>> (1 - exponent);
    // A carry out of the mantissa lands in the exponent field, where it is the right exponent.
    return Double.longBitsToDouble((shifted + (shifted & 1)) >>> 1);
  }

  private static long[] powersOfFive() {
    long[] table = new long[2 * (GREATEST_POWER - LEAST_POWER + 1)];
    for (int q = LEAST_POWER; q <= GREATEST_POWER; q++) {
      BigInteger bits = first128Bits(q);
      table[2 * (q - LEAST_POWER)] = bits.shiftRight(64).longValue();
      table[2 * (q - LEAST_POWER) + 1] = bits.longValue();
    }
    return table;
  }

  /** Powers are cut off and reciprocals are rounded up, as the proof requires. */
  private static BigInteger first128Bits(int q) {
    BigInteger power = BigInteger.valueOf(5).pow(Math.abs(q));
    if (q >= 0) {
      return power.shiftLeft(128).shiftRight(power.bitLength());
    }
    int bits = power.subtract(BigInteger.ONE).bitLength();
    int scale = q >= -27 ? bits + 127 : 2 * bits + 128;
    BigInteger reciprocal = BigInteger.ONE.shiftLeft(scale).divide(power).add(BigInteger.ONE);
    return reciprocal.shiftRight(Math.max(0, reciprocal.bitLength() - 128));
  }
}
