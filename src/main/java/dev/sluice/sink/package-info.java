/** The port through which delivery writes to a store, and reads come back from it. */
@NullMarked
package dev.sluice.sink;

import org.jspecify.annotations.NullMarked;
