/**
 * OpenTelemetry's metrics (OTLP), in protobuf and in JSON: two codecs that walk their encodings
 * once, and the readings that both make of a data point.
 */
@NullMarked
package dev.sluice.ingest.format.otlp;

import org.jspecify.annotations.NullMarked;
