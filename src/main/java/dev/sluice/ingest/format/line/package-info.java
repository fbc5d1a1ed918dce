/** InfluxDB line protocol. */
@NullMarked
package dev.sluice.ingest.format.line;

import org.jspecify.annotations.NullMarked;
