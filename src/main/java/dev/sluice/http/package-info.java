/** What every route shares: error bodies and token checks. */
@NullMarked
package dev.sluice.http;

import org.jspecify.annotations.NullMarked;
