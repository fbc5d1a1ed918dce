/**
 * The parser for JSON and NDJSON bodies, down to strings and times. What it shares with line
 * protocol is in the package above; reading a body from its connection is not done here.
 */
@NullMarked
package dev.sluice.ingest.format.json;

import org.jspecify.annotations.NullMarked;
