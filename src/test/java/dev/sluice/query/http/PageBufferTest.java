package dev.sluice.query.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.http.ByteBudget;
import dev.sluice.query.http.PageBuffer.NoRoomException;
import org.junit.jupiter.api.Test;

class PageBufferTest {
  @Test
  void refusesToGrowBeyondTheBudgetAndGivesBackWhatItTook() {
    var budget = new ByteBudget(100_000);
    try (var first = new PageBuffer(budget);
        var second = new PageBuffer(budget)) {
      first.append(new StringBuilder("x".repeat(60_000)));

      assertThatThrownBy(() -> second.append(new StringBuilder("y".repeat(60_000))))
          .isInstanceOf(NoRoomException.class)
          .hasMessageContaining("81920 bytes of 100000");
      // A piece of 8 KiB each, and one of 64 KiB.
      assertThat(budget.used()).isEqualTo(81_920);
    }
    assertThat(budget.used()).isZero();
  }
}
