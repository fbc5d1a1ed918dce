/** The read routes: parameters and page formats. */
@NullMarked
package dev.sluice.query.http;

import org.jspecify.annotations.NullMarked;
