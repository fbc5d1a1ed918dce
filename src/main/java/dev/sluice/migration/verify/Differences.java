package dev.sluice.migration.verify;

import java.io.IOException;

/** Receives the differences of a comparison, in order. */
@FunctionalInterface
interface Differences {
  void add(Difference difference) throws IOException;
}
