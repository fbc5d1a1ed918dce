/**
 * The write routes, and what clients ask before they write: reading and decoding bodies, and making
 * answers of what {@code ingest} says became of them. What a body means is up to {@code
 * ingest.format}; tokens and connections are handled in {@code dev.sluice.http}.
 */
@NullMarked
package dev.sluice.ingest.http;

import org.jspecify.annotations.NullMarked;
