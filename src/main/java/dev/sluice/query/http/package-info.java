/**
 * The read routes: parameters, page formats and page tokens. Which store answers is decided in
 * {@code query}, not here.
 */
@NullMarked
package dev.sluice.query.http;

import org.jspecify.annotations.NullMarked;
