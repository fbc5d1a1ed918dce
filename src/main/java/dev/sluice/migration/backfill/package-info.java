/**
 * Copies the history that the legacy table held before the mirror began into the new store, in
 * resumable chunks that yield to ingest and to the stores. Checking the copy is not done here but
 * in {@code migration.verify}.
 */
@NullMarked
package dev.sluice.migration.backfill;

import org.jspecify.annotations.NullMarked;
