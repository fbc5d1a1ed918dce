/**
 * Who sends a request: the tokens file, how it is read and changed, the scopes of its tokens and
 * certificates, and the check that routes put in front of their handlers. Which scopes a route
 * requires is decided by the route.
 */
@NullMarked
package dev.sluice.http.auth;

import org.jspecify.annotations.NullMarked;
