/**
 * The MySQL store, through Connector/J and HikariCP: sink, readings, scan, history, schema, and the
 * rules for an existing {@code sensor_data}. The private server of {@code up} is in {@code
 * embedded}.
 */
@NullMarked
package dev.sluice.store.mysql;

import org.jspecify.annotations.NullMarked;
