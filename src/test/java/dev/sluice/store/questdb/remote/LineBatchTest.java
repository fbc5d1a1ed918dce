package dev.sluice.store.questdb.remote;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.reading.Reading;
import dev.sluice.store.StoreContract;
import dev.sluice.store.questdb.DeviceHash;
import java.util.List;
import org.junit.jupiter.api.Test;

class LineBatchTest {
  private final LineBatch lines = new LineBatch();

  @Test
  void escapesWhatEachPlaceNeedsEscaped() {
    assertThat(encode(new Reading("a \"b\"\\,=", "m n,o=p\\\"q\"", 7, 1)))
        .startsWith(
            "readings,metric=m\\ n\\,o\\=p\\\\\"q\" device_id=\"a \\\"b\\\"\\\\,=\",value==");
  }

  @Test
  void carriesTheDoubleAsBytesAndTheTimestampInMicroseconds() {
    // 1.0 is 0x3FF0000000000000, little-endian, behind the mark of a double.
    assertThat(encode(new Reading("d", "m", Reading.MAX_TS_MICROS, 1)))
        .isEqualTo(
            "readings,metric=m device_id=\"d\",value==\u0010\0\0\0\0\0\0\u00f0?"
                + ",device_hash=%di 253402300799999999t\n".formatted(DeviceHash.of("d")));
    assertThat(encode(new Reading("d", "m", 0, 1))).endsWith(" 0t\n");
  }

  @Test
  void carriesTheDevicesHashWithItsSign() {
    // The check value of CRC-32C, of the digits from 1 to 9, is 0xE3069283.
    assertThat(encode(new Reading("123456789", "m", 7, 1))).contains(",device_hash=-486108541i ");
  }

  @Test
  void leavesUtf8AsItIs() {
    String line = encode(new Reading("😀", "é", 1, 1));

    assertThat(line)
        .contains(new String("😀".getBytes(UTF_8), ISO_8859_1))
        .contains(new String("é".getBytes(UTF_8), ISO_8859_1));
  }

  /** One character a byte. */
  private String encode(Reading reading) {
    lines.encode(StoreContract.batch(List.of(reading)), new int[] {0});
    byte[] bytes = new byte[lines.size()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = lines.byteAt(i);
    }
    return new String(bytes, ISO_8859_1);
  }
}
