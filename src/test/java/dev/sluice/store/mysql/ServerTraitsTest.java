package dev.sluice.store.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ServerTraitsTest {
  @Test
  void isDurableAtOnceWhenEveryCommitIsSynced() {
    assertThat(ServerTraits.durableAfter(1, 1, true, 1)).isZero();
    assertThat(ServerTraits.durableAfter(3, 1, false, 0)).isZero();
  }

  @Test
  void waitsForTheBackgroundSyncOfTheRedoLog() {
    assertThat(ServerTraits.durableAfter(2, 1, false, 0)).isEqualTo(Duration.ofSeconds(2));
    assertThat(ServerTraits.durableAfter(0, 5, true, 1)).isEqualTo(Duration.ofSeconds(6));
  }

  @Test
  void waitsForTheKernelWhereTheBinaryLogIsNotSynced() {
    assertThat(ServerTraits.durableAfter(1, 1, true, 0)).isEqualTo(Duration.ofSeconds(40));
    assertThat(ServerTraits.durableAfter(2, 100, true, 0)).isEqualTo(Duration.ofSeconds(101));
  }
}
