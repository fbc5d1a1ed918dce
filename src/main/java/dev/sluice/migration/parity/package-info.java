/**
 * What is proven about each hour of readings, in memory and in its log on disk. Comparing the
 * stores to find that out is not done here but in {@code migration.verify}.
 */
@NullMarked
package dev.sluice.migration.parity;

import org.jspecify.annotations.NullMarked;
