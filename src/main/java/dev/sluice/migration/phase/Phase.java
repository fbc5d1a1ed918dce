package dev.sluice.migration.phase;

import java.util.List;
import java.util.Locale;

/** Which stores are written and which one is read. */
public enum Phase {
  /** MySQL only. */
  MYSQL,
  /** Both are written, MySQL is read. */
  MIRROR,
  /** Both are written, QuestDB is read. */
  QUESTDB,
  /** QuestDB only. */
  RETIRED;

  /** Whether the store in this role is written. */
  public boolean writes(Role role) {
    return role == Role.LEGACY ? this != RETIRED : this != MYSQL;
  }

  /** The role of the store that answers reads. */
  public Role reads() {
    return this == QUESTDB || this == RETIRED ? Role.NEXT : Role.LEGACY;
  }

  /** Where an operator may go from here; no other change is ever kept. */
  public List<Phase> mayGoTo() {
    return switch (this) {
      case MYSQL -> List.of(MIRROR);
      case MIRROR -> List.of(QUESTDB, MYSQL);
      case QUESTDB -> List.of(MIRROR, RETIRED);
      case RETIRED -> List.of();
    };
  }

  /** The spelling in configuration and JSON. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Parses the label of a phase.
   *
   * @throws IllegalArgumentException if no phase has this label
   */
  public static Phase of(String label) {
    return valueOf(label.toUpperCase(Locale.ROOT));
  }
}
