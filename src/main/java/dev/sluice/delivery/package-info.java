/** One loop a sink: read the journal, batch, write, advance the cursor, retry, dead-letter. */
@NullMarked
package dev.sluice.delivery;

import org.jspecify.annotations.NullMarked;
