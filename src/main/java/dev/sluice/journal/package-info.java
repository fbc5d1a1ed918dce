/**
 * The bounded durable log: segments of frames, append with group commit, recovery, one cursor a
 * sink.
 */
@NullMarked
package dev.sluice.journal;

import org.jspecify.annotations.NullMarked;
