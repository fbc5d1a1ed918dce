package dev.sluice.doctor;

import java.util.Locale;

/** How bad a finding is, from good to bad. */
enum Level {
  OK,
  /** It could not be seen from here. */
  UNKNOWN,
  /** It works, and would work better or longer. */
  ADVICE,
  /** It will break, or is broken. */
  BROKEN;

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
