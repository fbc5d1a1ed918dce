/**
 * Accepting readings, from a body in memory to the journal: settings, counters, limits and the
 * memory a request works in. Knows no transport and no format: bodies come from {@code http}, and
 * are parsed in {@code format}. An ack depends on the journal alone, never on a store.
 */
@NullMarked
package dev.sluice.ingest;

import org.jspecify.annotations.NullMarked;
