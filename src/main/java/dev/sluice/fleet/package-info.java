/**
 * The fleet ledger: what is known of each device's rhythm, its gaps and their causes, found by
 * reading along with the journal. A cursor of its own, one thread; it knows no store, and ingest
 * does not know it.
 */
@NullMarked
package dev.sluice.fleet;

import org.jspecify.annotations.NullMarked;
