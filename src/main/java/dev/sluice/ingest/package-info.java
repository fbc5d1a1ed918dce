/**
 * Routes that take readings in: parsing, admission, status codes. An ack depends on the journal
 * alone.
 */
@NullMarked
package dev.sluice.ingest;

import org.jspecify.annotations.NullMarked;
