/** Opens, wires, starts and stops a process; the only package that knows every adapter. */
@NullMarked
package dev.sluice.server;

import org.jspecify.annotations.NullMarked;
