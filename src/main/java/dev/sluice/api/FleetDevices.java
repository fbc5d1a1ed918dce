package dev.sluice.api;

import java.util.List;

/**
 * The answer to {@code GET /v1/fleet/devices}.
 *
 * @param total all in the state asked for
 */
public record FleetDevices(long total, List<FleetDevice> devices) {}
