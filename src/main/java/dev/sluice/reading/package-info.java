/**
 * The reading, and the two forms it takes: encoded, as requests bring it and the journal keeps it,
 * and by column, as sinks receive it. Depends only on the JDK; parsing and storing readings live
 * elsewhere.
 */
@NullMarked
package dev.sluice.reading;

import org.jspecify.annotations.NullMarked;
