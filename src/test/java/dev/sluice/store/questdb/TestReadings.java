package dev.sluice.store.questdb;

import dev.sluice.reading.Reading;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;

/** The order pages promise. */
final class TestReadings {
  static final Comparator<Reading> ORDER =
      Comparator.comparingLong(Reading::tsMicros)
          .thenComparing((a, b) ->
              Arrays.compareUnsigned(
                  a.metric().getBytes(StandardCharsets.UTF_8),
                  b.metric().getBytes(StandardCharsets.UTF_8)));

  private TestReadings() {}
}
