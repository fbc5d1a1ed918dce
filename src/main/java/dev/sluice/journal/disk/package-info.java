/**
 * The journal on a local disk: segments of frames, append with group commit, recovery, one cursor a
 * sink.
 */
@NullMarked
package dev.sluice.journal.disk;

import org.jspecify.annotations.NullMarked;
