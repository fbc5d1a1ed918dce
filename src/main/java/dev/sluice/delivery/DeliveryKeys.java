package dev.sluice.delivery;

import dev.sluice.config.Key;
import dev.sluice.config.ValueType;
import java.util.List;

/** The key of {@link DeliveryConfig} that all sinks share. */
public final class DeliveryKeys {
  public static final Key<Long> MAX_DEAD_LETTER_BYTES =
      Key.of(
          "dead-letters.max-bytes",
          "1GiB",
          ValueType.bytes("1KiB", "1TiB"),
          "Most bytes of one store's dead-letter file; at the limit its delivery waits.");

  /** All of them, in the order of the reference. */
  public static final List<Key<?>> ALL = List.of(MAX_DEAD_LETTER_BYTES);

  private DeliveryKeys() {}
}
