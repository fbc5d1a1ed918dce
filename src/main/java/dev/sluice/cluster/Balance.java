package dev.sluice.cluster;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Divides partitions evenly, and moves no more of them than that takes. */
final class Balance {
  private Balance() {}

  /**
   * What each should have: all partitions, the same number each, give or take one.
   *
   * @param present what each has now, by name; no partition twice
   */
  static Map<String, Set<Integer>> of(
      Collection<Integer> partitions, Map<String, Set<Integer>> present) {
    // Whoever has most keeps one more where it does not divide.
    List<String> names =
        present.keySet().stream()
            .sorted(
                Comparator.comparingInt(
                        (String name) -> -present.getOrDefault(name, Set.of()).size())
                    .thenComparing(Comparator.naturalOrder()))
            .toList();
    int least = partitions.size() / names.size();
    int withOneMore = partitions.size() % names.size();
    Map<String, Set<Integer>> target = new HashMap<>();
    Deque<Integer> left = new ArrayDeque<>(new TreeSet<>(partitions));
    for (int i = 0; i < names.size(); i++) {
      String name = names.get(i);
      Set<Integer> had = new TreeSet<>(present.getOrDefault(name, Set.of()));
      Set<Integer> kept =
          new HashSet<>(had.stream().limit(least + (i < withOneMore ? 1 : 0)).toList());
      left.removeAll(kept);
      target.put(name, kept);
    }
    for (int i = 0; i < names.size(); i++) {
      Set<Integer> its = target.getOrDefault(names.get(i), Set.of());
      while (its.size() < least + (i < withOneMore ? 1 : 0)) {
        its.add(left.removeFirst());
      }
    }
    return target;
  }
}
