package dev.sluice.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class JsonStringsTest {
  @Test
  void writesWhatAnIndependentParserReadsBack() throws IOException {
    long seed = System.nanoTime();
    var random = new SplittableRandom(seed);
    for (int round = 0; round < 10_000; round++) {
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(20); i > 0; i--) {
        int choice = random.nextInt(4);
        if (choice == 0) {
          text.append((char) random.nextInt(0x80));
        } else if (choice == 1) {
          text.append((char) random.nextInt(0xd800));
        } else {
          text.appendCodePoint(random.nextInt(0x10000, 0x110000));
        }
      }
      assertThat(readBack(text)).as("seed %d", seed).isEqualTo(text.toString());
    }
  }

  @Test
  void replacesHalfASurrogatePair() throws IOException {
    assertThat(readBack("a\ud800b")).isEqualTo("a\ufffdb");
    assertThat(readBack("\udc00")).isEqualTo("\ufffd");
    assertThat(readBack("\ud800\ud800")).isEqualTo("\ufffd\ufffd");
  }

  private static String readBack(CharSequence text) throws IOException {
    StringBuilder out = new StringBuilder();
    JsonStrings.quote(out, text);
    try (JsonParser parser = new JsonFactory().createParser(out.toString())) {
      parser.nextToken();
      String read = parser.getText();
      assertThat(parser.nextToken()).isNull();
      return read;
    }
  }
}
