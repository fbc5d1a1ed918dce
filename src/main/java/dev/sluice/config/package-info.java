/**
 * Reads settings from file, environment and flags, and checks each one against its key. Each
 * component declares its own keys; what records they become is left to {@code settings}.
 */
@NullMarked
package dev.sluice.config;

import org.jspecify.annotations.NullMarked;
