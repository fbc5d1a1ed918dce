package dev.sluice.store.questdb;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DeviceBucketTest {
  /** Part of the stored format: a change would hide what is stored. */
  @Test
  void staysWhatItIs() {
    assertThat(DeviceBucket.text("")).isEqualTo("0");
    assertThat(DeviceBucket.text("d")).isEqualTo("14407");
    assertThat(DeviceBucket.text("device-0000001")).isEqualTo("6671");
    assertThat(DeviceBucket.text("plant/7/ü 🌡")).isEqualTo("15626");
  }

  @Test
  void isThatOfTheNameWhereverItIsInAnArray() {
    byte[] bytes = "xxdevice-0000001yy".getBytes(StandardCharsets.UTF_8);

    assertThat(DeviceBucket.of(bytes, 2, bytes.length - 4))
        .isEqualTo(Integer.parseInt(DeviceBucket.text("device-0000001")));
  }

  @Test
  void spreadsNumberedDevicesEvenly() {
    int[] devices = new int[DeviceBucket.COUNT];
    int count = 64 * DeviceBucket.COUNT;
    for (int i = 0; i < count; i++) {
      devices[Integer.parseInt(DeviceBucket.text("device-" + i))]++;
    }

    assertThat(IntStream.of(devices)).allMatch(inBucket -> inBucket >= 16 && inBucket <= 128);
  }
}
