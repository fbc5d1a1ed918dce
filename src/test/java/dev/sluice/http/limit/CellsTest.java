package dev.sluice.http.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class CellsTest {
  private static final int CELL = Cells.BODY_BYTES;

  private final Cells cells = new Cells();

  @Test
  void giveOutNoMoreThanThereIs() {
    assertThat(cells.take(CELL, 6, 0, 10)).isTrue();
    assertThat(cells.take(CELL, 5, 0, 10)).isFalse();
    assertThat(cells.take(CELL, 4, 0, 10)).isTrue();

    cells.give(CELL, 6);

    assertThat(cells.get(CELL)).isEqualTo(4);
    assertThat(cells.take(CELL, 6, 0, 10)).isTrue();
  }

  @Test
  void letAHolderThatIsAloneHaveMore() {
    assertThat(cells.take(CELL, 20, 0, 10)).isTrue();
    assertThat(cells.take(CELL, 20, 20, 10)).isTrue();
    assertThat(cells.take(CELL, 1, 0, 10)).isFalse();

    cells.give(CELL, 40);

    assertThat(cells.take(CELL, 5, 0, 10)).isTrue();
    assertThat(cells.take(CELL, 5, 0, 10)).isTrue();
    assertThat(cells.take(CELL, 1, 5, 10)).isFalse();
  }

  @Test
  void noticeThatMoreWasGivenBackThanTaken() {
    assertThat(cells.take(CELL, 1, 0, 10)).isTrue();

    assertThatThrownBy(() -> cells.give(CELL, 2)).hasMessageContaining("1 more than was taken");
  }

  @Test
  void neverExceedTheMostWhoeverTakesAtOnce() throws InterruptedException {
    int most = 5;
    AtomicBoolean exceeded = new AtomicBoolean();
    Thread[] threads = new Thread[8];
    for (int t = 0; t < threads.length; t++) {
      threads[t] =
          Thread.ofPlatform()
              .start(() -> {
                for (int i = 0; i < 50_000; i++) {
                  if (cells.take(CELL, 1, -1, most)) {
                    if (cells.get(CELL) > most) {
                      exceeded.set(true);
                    }
                    cells.give(CELL, 1);
                  }
                }
              });
    }
    for (Thread thread : threads) {
      thread.join();
    }

    assertThat(exceeded).isFalse();
    assertThat(cells.get(CELL)).isZero();
  }
}
