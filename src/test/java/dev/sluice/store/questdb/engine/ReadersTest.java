package dev.sluice.store.questdb.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class ReadersTest {
  @Test
  void refusesAReadBeyondTheLastTurnAndSaysSo() throws Exception {
    Readers readers = new Readers(1, Duration.ofMillis(10));
    readers.take();

    assertThatThrownBy(readers::take)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("1 read in progress")
        .hasMessageContaining("questdb.max-readers")
        .hasMessageContaining("try again");
    readers.giveBack();
    readers.take();
  }

  @Test
  void isReckonedFromWhatTheKernelAllows() {
    assertThat(new Mappings(Mappings.USUAL_LIMIT).readers(OptionalInt.empty(), 96)).isEqualTo(16);
    assertThat(new Mappings(16_384).readers(OptionalInt.empty(), 96)).isEqualTo(6);
    assertThat(new Mappings(100).readers(OptionalInt.empty(), 96)).isEqualTo(1);
    assertThat(new Mappings(100).readers(OptionalInt.of(40), 96)).isEqualTo(40);
  }
}
