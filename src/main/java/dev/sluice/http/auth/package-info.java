/**
 * Tokens, their scopes, and the check that routes put in front of their handlers. Which scopes a
 * route requires is decided by the route.
 */
@NullMarked
package dev.sluice.http.auth;

import org.jspecify.annotations.NullMarked;
