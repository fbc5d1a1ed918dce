/** Connections that cannot hold a thread or memory for ever, built on internals of the server. */
@NullMarked
package dev.sluice.http.connection;

import org.jspecify.annotations.NullMarked;
