/** Tokens and their scopes. */
@NullMarked
package dev.sluice.http.auth;

import org.jspecify.annotations.NullMarked;
