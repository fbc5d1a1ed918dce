/**
 * Compares the two stores reading by reading, lists the mismatches and repairs them. What is then
 * known about each hour is kept in {@code migration.parity}.
 */
@NullMarked
package dev.sluice.migration.verify;

import org.jspecify.annotations.NullMarked;
