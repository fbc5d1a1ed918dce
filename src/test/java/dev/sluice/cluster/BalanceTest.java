package dev.sluice.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BalanceTest {
  @Test
  void whoIsAloneHasEverything() {
    assertThat(Balance.of(upTo(4), Map.of("a", Set.of()))).isEqualTo(Map.of("a", upTo(4)));
  }

  @Test
  void whoComesGetsItsPartAndNothingElseMoves() {
    Map<String, Set<Integer>> two = Balance.of(upTo(9), Map.of("a", upTo(9), "b", Set.of()));
    Map<String, Set<Integer>> three = new HashMap<>(two);
    three.put("c", Set.of());

    assertThat(two).isEqualTo(Map.of("a", Set.of(0, 1, 2, 3, 4), "b", Set.of(5, 6, 7, 8)));
    assertThat(Balance.of(upTo(9), three))
        .isEqualTo(Map.of("a", Set.of(0, 1, 2), "b", Set.of(5, 6, 7), "c", Set.of(3, 4, 8)));
  }

  @Test
  void whatSomebodyHadWhoIsGoneIsDividedAmongTheOthers() {
    assertThat(Balance.of(upTo(6), Map.of("a", Set.of(1, 3), "b", Set.of(5))))
        .isEqualTo(Map.of("a", Set.of(0, 1, 3), "b", Set.of(2, 4, 5)));
  }

  @Test
  void moreNodesThanPartitionsLeaveSomeWithoutAny() {
    assertThat(Balance.of(upTo(1), Map.of("a", Set.of(), "b", upTo(1))))
        .isEqualTo(Map.of("a", Set.of(), "b", upTo(1)));
  }

  @Test
  void dividesWhateverThereIsEvenlyAndKeepsAllThatCanStay() {
    long seed = Long.getLong("sluice.test.seed", System.nanoTime());
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    for (int round = 0; round < 1_000; round++) {
      int partitions = 1 + random.nextInt(70);
      int nodes = 1 + random.nextInt(9);
      Map<String, Set<Integer>> present = new HashMap<>();
      for (int node = 0; node < nodes; node++) {
        present.put("n" + node, new HashSet<>());
      }
      for (int p = 0; p < partitions; p++) {
        if (random.nextInt(4) > 0) {
          present.getOrDefault("n" + random.nextInt(nodes), new HashSet<>()).add(p);
        }
      }

      Map<String, Set<Integer>> target = Balance.of(upTo(partitions), present);

      assertThat(target.keySet()).isEqualTo(present.keySet());
      assertThat(target.values().stream().mapToInt(Set::size).sum()).isEqualTo(partitions);
      assertThat(target.values().stream().flatMap(Set::stream).collect(Collectors.toSet()))
          .hasSize(partitions);
      for (Map.Entry<String, Set<Integer>> each : target.entrySet()) {
        assertThat(each.getValue().size())
            .isBetween(partitions / nodes, (partitions + nodes - 1) / nodes);
        Set<Integer> kept = new HashSet<>(present.getOrDefault(each.getKey(), Set.of()));
        int had = kept.size();
        kept.retainAll(each.getValue());
        assertThat(kept).hasSize(Math.min(had, each.getValue().size()));
      }
      assertThat(Balance.of(upTo(partitions), target)).isEqualTo(target);
    }
  }

  private static Set<Integer> upTo(int partitions) {
    return IntStream.range(0, partitions).boxed().collect(Collectors.toCollection(TreeSet::new));
  }
}
