/** The entry point, and the bridge from other logging to ours. */
@NullMarked
package dev.sluice;

import org.jspecify.annotations.NullMarked;
