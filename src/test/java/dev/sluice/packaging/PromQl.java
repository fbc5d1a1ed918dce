package dev.sluice.packaging;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What an expression of Prometheus' query language asks for: metrics, each with the labels it must
 * have. Knows as much of the language as rules and dashboards here use.
 *
 * @param metric its name
 * @param labels {@code name="value"} that must be equal
 */
record PromQl(String metric, Set<String> labels) {
  private static final Pattern SELECTOR =
      Pattern.compile("(?<![\\w$:])([a-zA-Z_:][\\w:]*)\\s*(\\{[^}]*})?(?!\\w)(?!\\s*\\()");
  private static final Pattern NOISE =
      Pattern.compile(
          "\\[[^]]*]|\\b(?:by|without|on|ignoring|group_left|group_right)\\s*\\([^)]*\\)");
  private static final Pattern LABEL = Pattern.compile("(\\w+)\\s*=\\s*(\"[^\"]*\")");
  private static final Set<String> WORDS = Set.of("and", "or", "unless", "bool", "offset");

  /** Every selector of an expression. */
  static List<PromQl> selectors(String expression) {
    List<PromQl> selectors = new ArrayList<>();
    Matcher found = SELECTOR.matcher(NOISE.matcher(expression).replaceAll(" "));
    while (found.find()) {
      if (!WORDS.contains(found.group(1))) {
        selectors.add(new PromQl(found.group(1), labels(found.group(2))));
      }
    }
    return selectors;
  }

  private static Set<String> labels(@org.jspecify.annotations.Nullable String braces) {
    Set<String> labels = new TreeSet<>();
    Matcher label = LABEL.matcher(braces == null ? "" : braces);
    while (label.find()) {
      labels.add(label.group(1) + "=" + label.group(2));
    }
    return labels;
  }

  /** Whether one of these lines of a scrape is selected. */
  boolean isIn(String scrape) {
    return scrape
        .lines()
        .filter(line -> line.startsWith(metric + "{") || line.startsWith(metric + " "))
        .anyMatch(line -> labels.stream().allMatch(line::contains));
  }
}
