package dev.sluice.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class OutagePlanTest {
  private static final long SECOND = 1_000_000_000L;

  private final OutagePlan plan =
      new OutagePlan(
          Runs.at(1)
              .connections(10, Duration.ofSeconds(9))
              .warmup(Duration.ofSeconds(1))
              .outages(Duration.ofSeconds(2), Duration.ofSeconds(1), 0.3)
              .config());

  @Test
  void takesAnotherShareOfTheConnectionsEachTime() {
    assertThat(away(3)).hasSize(3);
    assertThat(away(5)).hasSize(3).doesNotContainAnyElementsOf(away(3));
  }

  @Test
  void bringsThemBackAtTheSameMoment() {
    int connection = away(3).iterator().next();

    assertThat(plan.reachableAt(connection, 3 * SECOND)).isEqualTo(4 * SECOND);
    assertThat(plan.reachableAt(connection, 4 * SECOND - 1)).isEqualTo(4 * SECOND);
    assertThat(plan.reachableAt(connection, 4 * SECOND)).isEqualTo(4 * SECOND);
    assertThat(plan.reachableAt(connection, 3 * SECOND - 1)).isEqualTo(3 * SECOND - 1);
  }

  @Test
  void takesNobodyInTheWarmUpNorWhoWouldNotBeBackBeforeTheEnd() {
    assertThat(away(0)).isEmpty();
    assertThat(away(1)).isEmpty();
    assertThat(away(7)).hasSize(3);
    assertThat(away(9)).isEmpty();
  }

  private Set<Integer> away(int second) {
    Set<Integer> away = new HashSet<>();
    for (int connection = 0; connection < 10; connection++) {
      if (plan.reachableAt(connection, second * SECOND) != second * SECOND) {
        away.add(connection);
      }
    }
    return away;
  }
}
