package dev.sluice.fleet;

import dev.sluice.config.Key;
import dev.sluice.config.ValueType;
import java.time.Duration;
import java.util.List;

/** The keys of {@link FleetConfig}. */
public final class FleetKeys {
  public static final Key<Boolean> ENABLED =
      Key.of(
          "fleet.enabled",
          "true",
          ValueType.flag(),
          "Whether each device's gaps and jitter are watched.");
  public static final Key<Integer> MAX_DEVICES =
      Key.of(
          "fleet.max-devices",
          "1000000",
          ValueType.integer(1, 100_000_000),
          "Most devices watched, at 80 bytes each; further ones are only counted.");
  public static final Key<Duration> MIN_SILENCE =
      Key.of(
          "fleet.min-silence",
          "2s",
          ValueType.duration("100ms", "30d"),
          "Least time without an arrival that can be a gap.");
  public static final Key<Double> TOGETHER_SHARE =
      Key.of(
          "fleet.together-share",
          "0.2",
          ValueType.share(),
          "Gaps of more than this share of the devices that begin together are one cause.");
  public static final Key<Duration> RETIRE_AFTER =
      Key.of(
          "fleet.retire-after",
          "30d",
          ValueType.duration("1h", "400d"),
          "Silence after which a device is retired: no longer counted as silent.");

  /** All of them, in the order of the reference. */
  public static final List<Key<?>> ALL =
      List.of(ENABLED, MAX_DEVICES, MIN_SILENCE, TOGETHER_SHARE, RETIRE_AFTER);

  private FleetKeys() {}
}
