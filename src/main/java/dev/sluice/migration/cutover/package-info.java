/**
 * Changes the phase: the guards, the readiness reports that record them, and the flip that rests on
 * a report. Where the phase is kept is {@code migration.phase}; what the guards ask about is proven
 * in {@code migration.backfill} and {@code migration.verify}.
 */
@NullMarked
package dev.sluice.migration.cutover;

import org.jspecify.annotations.NullMarked;
