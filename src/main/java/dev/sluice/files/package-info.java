/** Small files that survive a crash. */
@NullMarked
package dev.sluice.files;

import org.jspecify.annotations.NullMarked;
