/** The write routes: bodies, codings and answers. */
@NullMarked
package dev.sluice.ingest.http;

import org.jspecify.annotations.NullMarked;
