package dev.sluice.api;

import java.util.List;

/**
 * The answer to {@code GET /v1/fleet/gaps}.
 *
 * @param total all that match, of those still known
 * @param gaps the newest of them, newest first; those that last come first
 */
public record FleetGaps(long total, List<FleetGap> gaps, List<FleetGroup> together) {}
