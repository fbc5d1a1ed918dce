/**
 * The description of both ports in OpenAPI 3.1. What routes are for, what they take and what they
 * answer is written by hand in {@code openapi.json}; which of them there are comes from the routes
 * that are registered, and the answers' schemas come from the records that are written, so that
 * neither can be out of date.
 */
@NullMarked
package dev.sluice.openapi;

import org.jspecify.annotations.NullMarked;
