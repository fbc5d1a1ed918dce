/**
 * The parser for InfluxDB line protocol. What it shares with JSON is in the package above; reading
 * a body from its connection is not done here.
 */
@NullMarked
package dev.sluice.ingest.format.line;

import org.jspecify.annotations.NullMarked;
