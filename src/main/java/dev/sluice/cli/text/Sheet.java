package dev.sluice.cli.text;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Text for people: labelled lines and aligned columns. Confined to one thread. */
public final class Sheet {
  private final StringBuilder text = new StringBuilder();
  private final int labelWidth;

  public Sheet(int labelWidth) {
    this.labelWidth = labelWidth;
  }

  /** Adds a label and its value; with an empty label, the value continues the line above. */
  public Sheet line(String label, String value) {
    return plain((label + " ".repeat(Math.max(1, labelWidth - label.length()))) + value);
  }

  /** Same as {@link #line}, unless the value is unknown or empty. */
  public Sheet lineIf(String label, @Nullable Object value) {
    String text = Human.text(value);
    return text.isEmpty() ? this : line(label, text);
  }

  public Sheet plain(String line) {
    text.append(line.stripTrailing()).append(System.lineSeparator());
    return this;
  }

  public Sheet blank() {
    return plain("");
  }

  /**
   * Adds rows with the same number of cells; each column is as wide as its widest cell, with two
   * spaces in between.
   */
  public Sheet table(List<List<String>> rows) {
    List<Integer> widths = new ArrayList<>();
    for (List<String> row : rows) {
      for (int i = 0; i < row.size(); i++) {
        int width = row.get(i).length();
        if (i == widths.size()) {
          widths.add(width);
        } else {
          widths.set(i, Math.max(widths.get(i), width));
        }
      }
    }
    rows.forEach(row -> plain(aligned(row, widths)));
    return this;
  }

  private static String aligned(List<String> row, List<Integer> widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < row.size(); i++) {
      String cell = row.get(i);
      line.append(cell).append(" ".repeat(widths.get(i) - cell.length() + 2));
    }
    return line.toString();
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
