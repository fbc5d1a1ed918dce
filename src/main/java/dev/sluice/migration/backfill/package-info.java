/** History, copied in chunks. */
@NullMarked
package dev.sluice.migration.backfill;

import org.jspecify.annotations.NullMarked;
