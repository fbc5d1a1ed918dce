/** The phase of the migration and how it is kept. */
@NullMarked
package dev.sluice.migration.phase;

import org.jspecify.annotations.NullMarked;
