/**
 * The private MariaDB server of {@code up}: its installation, its process and its account. Code
 * that reads and writes it is in the package above, as for any other MySQL server.
 */
@NullMarked
package dev.sluice.store.mysql.embedded;

import org.jspecify.annotations.NullMarked;
