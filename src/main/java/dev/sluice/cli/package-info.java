/**
 * The command line: the commands, their options and the client of the admin port. What people get
 * to read is laid out in {@code text}; the work is done in {@code server}, or by the running
 * Sluice.
 */
@NullMarked
package dev.sluice.cli;

import org.jspecify.annotations.NullMarked;
