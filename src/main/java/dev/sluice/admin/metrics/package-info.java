/**
 * The meters of the process, the journal, the sinks and the migration. They read at the scrape what
 * those parts already count; nothing is counted here.
 */
@NullMarked
package dev.sluice.admin.metrics;

import org.jspecify.annotations.NullMarked;
