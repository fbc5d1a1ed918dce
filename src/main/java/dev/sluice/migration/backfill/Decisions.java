package dev.sluice.migration.backfill;

import dev.sluice.migration.backfill.BackfillConfig.Decision;
import dev.sluice.store.History.RowClass;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Parses an operator's decisions about classes of rows into what {@link Backfill#start} expects.
 */
public final class Decisions {
  private Decisions() {}

  /**
   * Parses decisions, such as {@code duplicate} to {@code skip}.
   *
   * @throws IllegalArgumentException for an unknown class or decision, or one that does not fit its
   *     class; the message names it and what is allowed
   */
  public static Map<RowClass, Decision> parse(Map<String, String> texts) {
    Map<RowClass, Decision> decisions = new EnumMap<>(RowClass.class);
    texts.forEach((name, decision) -> {
      RowClass rowClass = rowClass(name);
      decisions.put(rowClass, decision(rowClass, decision));
    });
    return decisions;
  }

  private static RowClass rowClass(String name) {
    return Arrays.stream(RowClass.values())
        .filter(rowClass -> rowClass.label().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "there is no class of rows "
                    + name
                    + ", allowed are "
                    + labels(RowClass.values(), RowClass::label)));
  }

  private static Decision decision(RowClass rowClass, String text) {
    Decision[] allowed =
        Arrays.stream(Decision.values())
            .filter(decision -> decision.allowedFor(rowClass))
            .toArray(Decision[]::new);
    return Arrays.stream(allowed)
        .filter(decision -> decision.label().equals(text))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "the decision for "
                    + rowClass.label()
                    + " is "
                    + text
                    + ", allowed are "
                    + labels(allowed, Decision::label)));
  }

  private static <T> String labels(T[] values, Function<T, String> label) {
    return Arrays.stream(values).map(label).collect(Collectors.joining(", "));
  }
}
