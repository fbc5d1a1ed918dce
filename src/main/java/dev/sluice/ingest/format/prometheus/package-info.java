/**
 * The decoder for Prometheus remote write, versions 1 and 2. Decompression and headers are handled
 * in {@code ingest.http}; how tags make a metric is in the package above.
 */
@NullMarked
package dev.sluice.ingest.format.prometheus;

import org.jspecify.annotations.NullMarked;
