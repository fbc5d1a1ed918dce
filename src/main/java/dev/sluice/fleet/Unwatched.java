package dev.sluice.fleet;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * How many different devices were heard beyond the limit: HyperLogLog with 4,096 registers, off by
 * 1.6 % as a rule (Flajolet et al. 2007, with linear counting for few). Confined to one thread at a
 * time.
 */
final class Unwatched {
  private static final int BITS = 12;
  private static final int REGISTERS = 1 << BITS;
  private static final double ALPHA = 0.7213 / (1 + 1.079 / REGISTERS);

  private final byte[] registers = new byte[REGISTERS];

  void add(long hash) {
    int register = (int) (hash >>> (Long.SIZE - BITS));
    byte rank = (byte) (Long.numberOfLeadingZeros(hash << BITS | 1L << (BITS - 1)) + 1);
    if (rank > registers[register]) {
      registers[register] = rank;
    }
  }

  long count() {
    double sum = 0;
    int empty = 0;
    for (byte rank : registers) {
      sum += 1.0 / (1L << rank);
      empty += rank == 0 ? 1 : 0;
    }
    double estimate = ALPHA * REGISTERS * REGISTERS / sum;
    return Math.round(
        estimate <= 2.5 * REGISTERS && empty > 0
            ? REGISTERS * Math.log((double) REGISTERS / empty)
            : estimate);
  }

  void writeTo(DataOutput out) throws IOException {
    out.write(registers);
  }

  void readFrom(DataInput in) throws IOException {
    in.readFully(registers);
  }
}
