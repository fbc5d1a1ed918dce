/** What ships around the code: the jar, the launcher, JVM options, container files. */
@NullMarked
package dev.sluice.packaging;

import org.jspecify.annotations.NullMarked;
