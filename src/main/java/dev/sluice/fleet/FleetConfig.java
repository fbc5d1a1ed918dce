package dev.sluice.fleet;

import java.nio.file.Path;
import java.time.Duration;

/**
 * Settings {@code fleet.*}.
 *
 * @param enabled {@code fleet.enabled}
 * @param directory {@code <data.dir>/fleet}
 * @param maxDevices {@code fleet.max-devices}: most devices watched; further ones are counted
 * @param minSilence {@code fleet.min-silence}: least time without an arrival that can be a gap
 * @param togetherShare {@code fleet.together-share}: share of the watched devices above which gaps
 *     that began together have one cause
 * @param retireAfter {@code fleet.retire-after}: silence after which a device is retired
 */
public record FleetConfig(
    boolean enabled,
    Path directory,
    int maxDevices,
    Duration minSilence,
    double togetherShare,
    Duration retireAfter) {}
