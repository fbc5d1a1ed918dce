package dev.sluice.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SpellingTest {
  @Test
  void countsEdits() {
    assertThat(Spelling.distance("", "abc")).isEqualTo(3);
    assertThat(Spelling.distance("kitten", "sitting")).isEqualTo(3);
    assertThat(Spelling.distance("same", "same")).isZero();
  }

  @Test
  void suggestsOnlyWhatIsNear() {
    List<String> keys = List.of("mysql.url", "mysql.user");

    assertThat(Spelling.nearest("mysql.uri", keys)).contains("mysql.url");
    assertThat(Spelling.nearest("frobnicate", keys)).isEmpty();
  }
}
