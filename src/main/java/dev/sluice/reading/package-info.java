/** The reading and its encodings. Needs nothing but the JDK. */
@NullMarked
package dev.sluice.reading;

import org.jspecify.annotations.NullMarked;
