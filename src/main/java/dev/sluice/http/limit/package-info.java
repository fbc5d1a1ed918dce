/**
 * What one client may do: readings and bytes a second, requests at the same time, and shares of
 * memory and readers. A client's state is its own: no lock, counter or cache line is shared by all.
 */
@NullMarked
package dev.sluice.http.limit;

import org.jspecify.annotations.NullMarked;
