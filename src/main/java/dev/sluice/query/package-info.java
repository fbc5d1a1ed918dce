/** Reads, routed to one store by the phase. */
@NullMarked
package dev.sluice.query;

import org.jspecify.annotations.NullMarked;
