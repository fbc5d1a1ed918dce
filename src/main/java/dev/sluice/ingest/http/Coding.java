package dev.sluice.ingest.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Content codings of request bodies. */
enum Coding {
  GZIP,
  DEFLATE,
  ZSTD,
  SNAPPY,
  UNKNOWN;

  /** Limited because each coding on top of another multiplies how far a small body can expand. */
  private static final int MOST = 2;

  /** What {@link #allows} allows, in words. */
  static final String ALLOWED =
      "gzip, deflate, zstd, snappy and identity, of gzip and deflate at most " + MOST + " at once";

  /**
   * The codings that a {@code Content-Encoding} value names, in the order they were applied; empty
   * if there are none, and {@code identity} counts as none.
   */
  static List<Coding> of(String names) {
    List<Coding> codings = new ArrayList<>(MOST);
    for (String name : names.split(",", -1)) {
      switch (name.strip().toLowerCase(Locale.ROOT)) {
        case "", "identity" -> {}
        case "gzip", "x-gzip" -> codings.add(GZIP);
        case "deflate" -> codings.add(DEFLATE);
        case "zstd" -> codings.add(ZSTD);
        case "snappy", "x-snappy-framed" -> codings.add(SNAPPY);
        default -> codings.add(UNKNOWN);
      }
    }
    return codings;
  }

  /** Whether a body may have these codings, one on top of another. */
  static boolean allows(List<Coding> codings) {
    return codings.size() <= MOST
        && !codings.contains(UNKNOWN)
        && (codings.size() <= 1 || !(codings.contains(ZSTD) || codings.contains(SNAPPY)));
  }
}
