package dev.sluice.migration.backfill;

import dev.sluice.migration.backfill.BackfillConfig.Decision;
import dev.sluice.store.History.RowClass;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The counts of what a preflight has found. Immutable.
 *
 * @param counts rows, or groups of devices, by class; only classes that were found
 * @param unlisted how many of them did not fit into the findings file
 */
record Findings(Map<RowClass, Long> counts, long unlisted) {
  static final Findings NONE = new Findings(Map.of(), 0);

  Findings {
    counts = Map.copyOf(counts);
  }

  /** Why a backfill must not copy anything with these decisions; empty if it may. */
  Optional<String> objection(Map<RowClass, Decision> decisions, Path file) {
    List<RowClass> undecided =
        counts.keySet().stream()
            .filter(found -> decisions.getOrDefault(found, Decision.STOP) == Decision.STOP)
            .sorted()
            .toList();
    if (undecided.isEmpty()) {
      return Optional.empty();
    }
    StringBuilder classes = new StringBuilder();
    StringBuilder options = new StringBuilder();
    for (RowClass found : undecided) {
      classes.append(classes.isEmpty() ? "" : ", ").append(found.label());
      classes.append(' ').append(counts.get(found));
      options.append(" --decide ").append(found.label()).append('=').append(offered(found));
    }
    return Optional.of(
        "some rows need a decision: "
            + classes
            + "; each is listed in "
            + file
            + ". Fix them in MySQL and start again, or decide: sluice backfill start"
            + options);
  }

  /** The one decision besides stopping that is allowed for this class. */
  private static String offered(RowClass found) {
    return Decision.COPY.allowedFor(found) ? Decision.COPY.label() : Decision.SKIP.label();
  }

  /** These findings plus one more. */
  Findings plus(RowClass found, boolean listed) {
    Map<RowClass, Long> more = new EnumMap<>(RowClass.class);
    more.putAll(counts);
    more.merge(found, 1L, Long::sum);
    return new Findings(more, listed ? unlisted : unlisted + 1);
  }

  Findings plus(Findings others) {
    Map<RowClass, Long> more = new EnumMap<>(RowClass.class);
    more.putAll(counts);
    others.counts.forEach((found, count) -> more.merge(found, count, Long::sum));
    return new Findings(more, unlisted + others.unlisted);
  }

  /** Only those that a copy in the order of ids must know before it begins. */
  Findings foreseen() {
    Map<RowClass, Long> some = new EnumMap<>(RowClass.class);
    some.putAll(counts);
    some.keySet().removeIf(found -> !Decision.COPY.allowedFor(found));
    return new Findings(some, 0);
  }
}
