/** The private MariaDB of {@code up}. */
@NullMarked
package dev.sluice.store.mysql.embedded;

import org.jspecify.annotations.NullMarked;
