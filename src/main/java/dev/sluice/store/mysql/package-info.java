/** MySQL through Connector/J and HikariCP. */
@NullMarked
package dev.sluice.store.mysql;

import org.jspecify.annotations.NullMarked;
