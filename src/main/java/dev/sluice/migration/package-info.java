/** The two stores of a migration, what mirrors one into the other, and catching up. */
@NullMarked
package dev.sluice.migration;

import org.jspecify.annotations.NullMarked;
