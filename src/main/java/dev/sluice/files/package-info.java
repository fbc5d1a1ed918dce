/** Small files that survive a crash, and files and folders that only this user may use. */
@NullMarked
package dev.sluice.files;

import org.jspecify.annotations.NullMarked;
