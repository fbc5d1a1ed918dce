/**
 * MySQL as a sink: HikariCP, Connector/J and multi-row upserts; and, for {@code up}, a private
 * MySQL-compatible server in a process of its own.
 */
@NullMarked
package dev.sluice.sink.mysql;

import org.jspecify.annotations.NullMarked;
