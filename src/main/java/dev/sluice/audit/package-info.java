/**
 * Who changed what on the admin port, as a chain of lines: each holds the hash of the one before,
 * and is on disk before the change begins. Knows no route; checks its chain for {@code sluice audit
 * verify}.
 */
@NullMarked
package dev.sluice.audit;

import org.jspecify.annotations.NullMarked;
