package dev.sluice.migration.verify;

import java.io.IOException;

/** Takes the differences of a comparison, in their order. */
@FunctionalInterface
interface Differences {
  void add(Difference difference) throws IOException;
}
