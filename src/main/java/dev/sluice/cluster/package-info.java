/** Several Sluices that share one topic: which there are, which of them leads, and the phase. */
@NullMarked
package dev.sluice.cluster;

import org.jspecify.annotations.NullMarked;
