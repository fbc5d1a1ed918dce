/**
 * The bounded durable log as others see it: where readings are appended, how one sink reads them,
 * and what both answer. How it is kept is elsewhere, such as in {@code journal.disk}.
 */
@NullMarked
package dev.sluice.journal;

import org.jspecify.annotations.NullMarked;
