/**
 * Reads settings from file, environment and flags, and checks each one against its key. Which keys
 * exist, and what records they become, is left to {@code settings}.
 */
@NullMarked
package dev.sluice.config;

import org.jspecify.annotations.NullMarked;
