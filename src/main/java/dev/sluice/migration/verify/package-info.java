/** Comparison of the two stores, mismatches and repair. */
@NullMarked
package dev.sluice.migration.verify;

import org.jspecify.annotations.NullMarked;
