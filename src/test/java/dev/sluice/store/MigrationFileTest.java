package dev.sluice.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MigrationFileTest {
  @Test
  void cutsStatementsAtSemicolonsOutsideCommentsAndTexts() {
    MigrationFile file =
        MigrationFile.of(
            "V12__two_words.sql", "-- not; this\nSELECT 'a;--b''c'; -- end;\n\nSELECT 2\n;;");

    assertThat(file.version()).isEqualTo(12);
    assertThat(file.description()).isEqualTo("two words");
    assertThat(file.statements()).containsExactly("SELECT 'a;--b''c'", "SELECT 2");
  }

  @Test
  void checksumIgnoresLineEndingsAndNothingElse() {
    assertThat(checksum("a\nb\n")).isEqualTo(checksum("a\r\nb"));
    assertThat(checksum("a\nb")).isNotEqualTo(checksum("a\nc"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"readings.sql", "V1_readings.sql", "Vx__a.sql", "V1__a.txt", "R__a.sql"})
  void refusesAnotherName(String name) {
    assertThatThrownBy(() -> MigrationFile.of(name, ""))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(name);
  }

  private static int checksum(String text) {
    return MigrationFile.of("V1__a.sql", text).checksum();
  }
}
