/**
 * Decides which store is read: the one that the phase names, as flips hold and switch reads, with
 * shadow reads of the other. The HTTP routes are in {@code query.http}; reading a store is the job
 * of the stores' packages.
 */
@NullMarked
package dev.sluice.query;

import org.jspecify.annotations.NullMarked;
