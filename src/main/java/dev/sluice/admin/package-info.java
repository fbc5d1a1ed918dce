/**
 * The HTTP routes of the admin port: status, health, metrics, and control of the migration.
 * Requests are parsed and answered here; the work itself is done in {@code migration}.
 */
@NullMarked
package dev.sluice.admin;

import org.jspecify.annotations.NullMarked;
