/** Every key there is, and the rules across components. */
@NullMarked
package dev.sluice.settings;

import org.jspecify.annotations.NullMarked;
