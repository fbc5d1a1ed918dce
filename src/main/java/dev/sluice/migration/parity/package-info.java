/** What is proven about each hour. */
@NullMarked
package dev.sluice.migration.parity;

import org.jspecify.annotations.NullMarked;
