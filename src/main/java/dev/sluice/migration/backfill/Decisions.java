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
   * @throws UnknownException for an unknown class or decision, or one that does not fit its class
   */
  public static Map<RowClass, Decision> parse(Map<String, String> texts) throws UnknownException {
    Map<RowClass, Decision> decisions = new EnumMap<>(RowClass.class);
    for (Map.Entry<String, String> each : texts.entrySet()) {
      RowClass rowClass = rowClass(each.getKey());
      decisions.put(rowClass, decision(rowClass, each.getValue()));
    }
    return decisions;
  }

  /** What was given is no decision; the message names it and what is allowed. */
  public static final class UnknownException extends Exception {
    private static final long serialVersionUID = 1;

    private UnknownException(String message) {
      super(message);
    }
  }

  private static RowClass rowClass(String name) throws UnknownException {
    return Arrays.stream(RowClass.values())
        .filter(rowClass -> rowClass.label().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new UnknownException(
                "there is no class of rows "
                    + name
                    + ", allowed are "
                    + labels(RowClass.values(), RowClass::label)));
  }

  private static Decision decision(RowClass rowClass, String text) throws UnknownException {
    Decision[] allowed =
        Arrays.stream(Decision.values())
            .filter(decision -> decision.allowedFor(rowClass))
            .toArray(Decision[]::new);
    return Arrays.stream(allowed)
        .filter(decision -> decision.label().equals(text))
        .findFirst()
        .orElseThrow(() ->
            new UnknownException(
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
