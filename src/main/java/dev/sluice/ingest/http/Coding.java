package dev.sluice.ingest.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Content codings of request bodies. */
enum Coding {
  GZIP,
  DEFLATE,
  UNKNOWN;

  /** Each coding on top of another multiplies what a small body can be blown up to. */
  static final int MOST = 2;

  /**
   * The codings a {@code Content-Encoding} value names, in the order they were put on; empty for
   * none, and {@code identity} is none.
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
