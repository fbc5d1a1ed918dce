/** Readiness, guards and the flip. */
@NullMarked
package dev.sluice.migration.cutover;

import org.jspecify.annotations.NullMarked;
