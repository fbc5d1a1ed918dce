/**
 * An open-loop load generator that looks like a fleet of sensors: it opens connections, sends
 * readings when they are due, and tells how long each took from then on. Knows nothing of Sluice
 * but what it serves over HTTP.
 */
@NullMarked
package dev.sluice.bench;

import org.jspecify.annotations.NullMarked;
