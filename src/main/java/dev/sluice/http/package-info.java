/**
 * What routes on any port share: error bodies, the byte budget, the gate and {@code Retry-After}.
 * Tokens are in {@code auth}, and the handling of connections is in {@code connection}; the routes
 * themselves are with the parts they belong to.
 */
@NullMarked
package dev.sluice.http;

import org.jspecify.annotations.NullMarked;
