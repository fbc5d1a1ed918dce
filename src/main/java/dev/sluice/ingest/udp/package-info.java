/**
 * Datagrams with readings: receiving them, gathering those that wait together into one append, and
 * an account of each, because nobody gets an answer. What a body means is up to {@code
 * ingest.format}.
 */
@NullMarked
package dev.sluice.ingest.udp;

import org.jspecify.annotations.NullMarked;
