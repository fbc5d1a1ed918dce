/** Meters of what runs. */
@NullMarked
package dev.sluice.admin.metrics;

import org.jspecify.annotations.NullMarked;
