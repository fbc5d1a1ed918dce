package dev.sluice.ingest.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Content codings of request bodies. */
enum Coding {
  GZIP,
  DEFLATE,
  UNKNOWN;

  /** Limited because each coding on top of another multiplies how far a small body can expand. */
  static final int MOST = 2;

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
        default -> codings.add(UNKNOWN);
      }
    }
    return codings;
  }
}
