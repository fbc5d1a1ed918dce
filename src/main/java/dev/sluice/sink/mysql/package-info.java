/** MySQL as a sink: HikariCP, Connector/J and multi-row upserts. */
@NullMarked
package dev.sluice.sink.mysql;

import org.jspecify.annotations.NullMarked;
