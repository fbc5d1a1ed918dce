/** What every format needs: numbers, times, names and rejections. */
@NullMarked
package dev.sluice.ingest.format;

import org.jspecify.annotations.NullMarked;
