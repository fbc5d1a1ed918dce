package dev.sluice.config;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Guesses what a misspelt word should have been. */
final class Spelling {
  private Spelling() {}

  /** The candidate with the fewest edits, if they are at most a third of its length. */
  static Optional<String> nearest(String word, List<String> candidates) {
    return candidates.stream()
        .min(Comparator.comparingInt(candidate -> distance(word, candidate)))
        .filter(candidate -> distance(word, candidate) * 3 <= candidate.length());
  }

  /** The Levenshtein distance, computed row by row. */
  static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int substituted = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(substituted, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
