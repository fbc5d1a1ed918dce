/**
 * What all parts of a migration share: the two stores while both are written, the mirror into the
 * new one, and the wait for both to catch up. The parts themselves have their own packages: phase,
 * cutover, backfill, verify and parity.
 */
@NullMarked
package dev.sluice.migration;

import org.jspecify.annotations.NullMarked;
