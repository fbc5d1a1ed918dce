/**
 * What in the kernel, the JVM, the disk, the clock, the stores and the ports would make the next
 * gap: each check with what it saw, what is wanted, why, and the command that mends it. Reads only,
 * apart from one small file below the data directory that measures how long a sync takes. Knows no
 * store: what a store says about itself comes through a port.
 */
@NullMarked
package dev.sluice.doctor;

import org.jspecify.annotations.NullMarked;
