/** The phase of the migration and how it is kept. */
@NullMarked
package dev.sluice.cutover;

import org.jspecify.annotations.NullMarked;
