/** Ports of a store: sinks, sources, scans, history and schema. */
@NullMarked
package dev.sluice.store;

import org.jspecify.annotations.NullMarked;
