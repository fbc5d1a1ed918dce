package dev.sluice.query;

import dev.sluice.config.Key;
import dev.sluice.config.ValueType;
import java.util.List;

/** The key of {@link ShadowReads}. */
public final class QueryKeys {
  public static final Key<Double> SHADOW_READS =
      Key.of(
          "cutover.shadow-reads",
          "0",
          ValueType.share(),
          "Share of reads run against the other store too, and compared.");

  /** All of them, in the order of the reference. */
  public static final List<Key<?>> ALL = List.of(SHADOW_READS);

  private QueryKeys() {}
}
