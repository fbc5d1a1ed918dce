/**
 * Opens, wires, starts and stops a process. The only package that knows every adapter; what the
 * parts do while they run is left to their own packages.
 */
@NullMarked
package dev.sluice.server;

import org.jspecify.annotations.NullMarked;
