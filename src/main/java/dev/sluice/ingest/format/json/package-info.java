/** JSON and NDJSON. */
@NullMarked
package dev.sluice.ingest.format.json;

import org.jspecify.annotations.NullMarked;
