/** The operator's HTTP: status, health, metrics. */
@NullMarked
package dev.sluice.admin;

import org.jspecify.annotations.NullMarked;
