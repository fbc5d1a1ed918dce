package dev.sluice.http.tls;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class RecordBuffersTest {
  @Test
  void lendsAgainWhatWasGivenBack() {
    RecordBuffers buffers = new RecordBuffers(2);
    byte[] one = buffers.take(100);
    byte[] two = buffers.take(100);
    assertThat(one).isNotSameAs(two);

    buffers.give(one);
    buffers.give(two);

    assertThat(List.of(buffers.take(50), buffers.take(100))).containsExactlyInAnyOrder(one, two);
  }

  @Test
  void makesOneThatIsLargeEnough() {
    RecordBuffers buffers = new RecordBuffers(1);
    buffers.give(new byte[10]);

    assertThat(buffers.take(11)).hasSize(11);
  }

  @Test
  void keepsNoMoreThanItMay() {
    RecordBuffers buffers = new RecordBuffers(1);
    byte[] kept = new byte[10];
    byte[] dropped = new byte[10];

    buffers.give(kept);
    buffers.give(dropped);

    assertThat(buffers.take(10)).isSameAs(kept);
    assertThat(buffers.take(10)).isNotSameAs(dropped);
  }

  @Test
  void lendsNoneToTwoAtATime() throws Exception {
    RecordBuffers buffers = new RecordBuffers(2);
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Callable<Boolean>> borrowers = new ArrayList<>();
      for (int i = 1; i <= 4; i++) {
        byte mine = (byte) i;
        borrowers.add(() -> keepsItsMark(buffers, mine));
      }
      for (Future<Boolean> kept : threads.invokeAll(borrowers)) {
        assertThat(kept.get()).isTrue();
      }
    }
  }

  private static boolean keepsItsMark(RecordBuffers buffers, byte mark) {
    boolean kept = true;
    for (int i = 0; i < 100_000; i++) {
      byte[] one = buffers.take(8);
      one[0] = mark;
      one[7] = mark;
      Thread.onSpinWait();
      kept &= one[0] == mark && one[7] == mark;
      buffers.give(one);
    }
    return kept;
  }
}
