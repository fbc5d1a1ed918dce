package dev.sluice.api;

import org.jspecify.annotations.Nullable;

/**
 * Gaps that began together, with one cause.
 *
 * @param to when the last device was back; absent while one is not
 */
public record FleetGroup(String from, @Nullable String to, int devices, String cause) {}
