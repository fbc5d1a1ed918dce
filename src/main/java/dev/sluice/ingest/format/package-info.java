/**
 * What a format is to ingest, {@link dev.sluice.ingest.format.Codec}, and what the parsers of all
 * formats share: numbers, times, names, rejections and the outcome of a body. Each format has a
 * package below this one. Nothing here knows HTTP.
 */
@NullMarked
package dev.sluice.ingest.format;

import org.jspecify.annotations.NullMarked;
