/**
 * The phase of the migration and the file that keeps it. Changing the phase, and what guards a
 * change, is {@code migration.cutover}.
 */
@NullMarked
package dev.sluice.migration.phase;

import org.jspecify.annotations.NullMarked;
