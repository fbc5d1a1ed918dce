package dev.sluice.journal.disk;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LostRangesTest {
  private final LostRanges lost = new LostRanges();

  @Test
  void countsEachOffsetOnceHoweverOftenItIsFound() {
    assertThat(lost.add(10, 20)).isEqualTo(10);
    assertThat(lost.add(10, 20)).isZero();
    assertThat(lost.add(12, 15)).isZero();
    assertThat(lost.add(15, 25)).isEqualTo(5);
    assertThat(lost.add(5, 10)).isEqualTo(5);
    assertThat(lost.add(40, 50)).isEqualTo(10);
    assertThat(lost.add(0, 100)).isEqualTo(70);
    assertThat(lost.total()).isEqualTo(100);
  }

  @Test
  void countsNothingForAnEmptyRange() {
    assertThat(lost.add(10, 10)).isZero();
    assertThat(lost.total()).isZero();
  }
}
