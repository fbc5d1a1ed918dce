package dev.sluice.cli.text;

import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How far a run has come. Parts that are unknown are empty. Immutable.
 *
 * @param name what is running
 * @param state its state, in one word
 * @param ended whether it will not continue by itself
 * @param share how much is done, from 0 to 1
 * @param counts how much is done, in numbers
 * @param rate over the last minute
 * @param eta time until it may be done
 * @param position where it is
 * @param why what holds it up
 */
public record Progress(
    String name,
    String state,
    boolean ended,
    OptionalDouble share,
    String counts,
    String rate,
    String eta,
    String position,
    String why) {
  private static final int SHORTEST_BAR = 10;
  private static final int LONGEST_BAR = 40;
  private static final int SHORTEST_WHY = 16;
  private static final String GAP = "  ";

  /**
   * The most important first; indexes of counts, rate, eta, position and why, in the order of the
   * line.
   */
  private static final int[] MOST_IMPORTANT_FIRST = {4, 2, 1, 0, 3};

  /** Everything, for a log. */
  public String line() {
    String details =
        Stream.of(percent(), counts, rate, eta, position.isEmpty() ? "" : "at " + position, why)
            .filter(part -> !part.isEmpty())
            .collect(Collectors.joining(", "));
    return details.isEmpty() ? name + " " + state : name + " " + state + ": " + details;
  }

  /**
   * One line of fewer than {@code width} columns: a bar, and next to it as much as fits, with the
   * most important first.
   */
  public String bar(int width) {
    int room = Math.max(1, width - 1);
    String head = state.equals("running") ? name : name + " " + state;
    int left = room - head.length() - (share.isEmpty() ? 0 : gauge(SHORTEST_BAR).length());
    String reason = shortened(why, left);
    List<String> parts = List.of(counts, rate, eta, position, reason);
    boolean[] shown = new boolean[parts.size()];
    for (int part : MOST_IMPORTANT_FIRST) {
      int needed = GAP.length() + parts.get(part).length();
      shown[part] = !parts.get(part).isEmpty() && needed <= left;
      left -= shown[part] ? needed : 0;
    }
    StringBuilder text = new StringBuilder(head);
    if (share.isPresent()) {
      text.append(gauge(Math.min(LONGEST_BAR, SHORTEST_BAR + Math.max(0, left))));
    }
    for (int part = 0; part < shown.length; part++) {
      text.append(shown[part] ? GAP + parts.get(part) : "");
    }
    return text.length() <= room ? text.toString() : text.substring(0, room);
  }

  private String gauge(int length) {
    int done = (int) (share.orElse(0) * length);
    return GAP + "[" + "#".repeat(done) + "-".repeat(length - done) + "] " + percent();
  }

  private String percent() {
    return share.isEmpty() ? "" : Human.percent(share.getAsDouble());
  }

  private static String shortened(String text, int room) {
    int most = room - GAP.length();
    if (text.length() <= most || most < SHORTEST_WHY) {
      return text;
    }
    return text.substring(0, most - 3) + "...";
  }
}
