/**
 * An open-loop load generator that behaves like a fleet of sensors: it opens connections, sends
 * readings when they are due, and reports how long each request took from then on. Knows nothing of
 * Sluice except its HTTP interface.
 */
@NullMarked
package dev.sluice.bench;

import org.jspecify.annotations.NullMarked;
