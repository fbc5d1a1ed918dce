/** Main and Application: the only wiring, with ordered start and stop. */
@NullMarked
package dev.sluice;

import org.jspecify.annotations.NullMarked;
