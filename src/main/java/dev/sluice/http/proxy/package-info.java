/**
 * Who is at the other end of a connection that a proxy passes on: the PROXY protocol, and the
 * proxies whose word is taken.
 */
@NullMarked
package dev.sluice.http.proxy;

import org.jspecify.annotations.NullMarked;
