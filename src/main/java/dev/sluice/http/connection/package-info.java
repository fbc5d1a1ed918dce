/**
 * HTTP connections that cannot hold a thread or memory forever, and the listeners that accept them,
 * built on internals of the server. What a path or a body means is not known here.
 */
@NullMarked
package dev.sluice.http.connection;

import org.jspecify.annotations.NullMarked;
