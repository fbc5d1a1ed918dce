package dev.sluice.store.questdb.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MetricNamesTest {
  private final MetricNames names = new MetricNames();

  @Test
  void decodesANameOnce() {
    byte[] bytes = "xtempératurex".getBytes(UTF_8);

    String name = names.of(bytes, 1, bytes.length - 2);

    assertThat(name).isEqualTo("température");
    assertThat(names.of(bytes.clone(), 1, bytes.length - 2)).isSameAs(name);
  }

  /** Far more names than slots, each asked for twice, so that most have been forgotten. */
  @Test
  void isRightAboutEveryNameAlsoWhenManyShareASlot() {
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < 50_000; i++) {
        byte[] bytes = ("metric-" + i).getBytes(UTF_8);
        assertThat(names.of(bytes, 0, bytes.length)).isEqualTo("metric-" + i);
      }
    }
  }
}
