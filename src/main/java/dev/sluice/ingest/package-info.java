/**
 * Accepting readings: settings, counters, limits and the memory a request works in. Bodies are
 * parsed in {@code format}; the routes are in {@code http}. An ack depends on the journal alone,
 * never on a store.
 */
@NullMarked
package dev.sluice.ingest;

import org.jspecify.annotations.NullMarked;
