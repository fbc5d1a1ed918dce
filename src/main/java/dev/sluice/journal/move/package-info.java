/**
 * Moves what is left in one journal into another that takes its place, and the sinks' cursors with
 * it; knows neither kind.
 */
@NullMarked
package dev.sluice.journal.move;

import org.jspecify.annotations.NullMarked;
