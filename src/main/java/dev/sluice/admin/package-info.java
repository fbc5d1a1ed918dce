/** The operator's HTTP: status, health, metrics, and what moves the migration. */
@NullMarked
package dev.sluice.admin;

import org.jspecify.annotations.NullMarked;
