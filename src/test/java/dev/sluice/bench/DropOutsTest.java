package dev.sluice.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DropOutsTest {
  private static final int TURNS = 1_000_000;

  @ParameterizedTest
  @ValueSource(doubles = {0.01, 0.1, 0.5, 0.9})
  void missesTheShareThatWasAskedForInRowsOfFourAndMore(double share) {
    DropOuts dropOuts = new DropOuts(share, new SplittableRandom(7));
    int missed = 0;
    int row = 0;

    for (int turn = 0; turn < TURNS; turn++) {
      if (dropOuts.misses()) {
        missed++;
        row++;
      } else {
        assertThat(row == 0 || row >= 4).as("a row of %d", row).isTrue();
        row = 0;
      }
    }

    assertThat(missed / (double) TURNS).isCloseTo(share, within(0.03 * share));
  }

  @Test
  void missesNothingUnlessAsked() {
    DropOuts dropOuts = new DropOuts(0, new SplittableRandom(7));

    for (int turn = 0; turn < 1_000; turn++) {
      assertThat(dropOuts.misses()).isFalse();
    }
  }
}
