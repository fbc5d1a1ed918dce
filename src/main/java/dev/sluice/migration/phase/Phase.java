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

  public boolean writesMysql() {
    return this != RETIRED;
  }

  public boolean writesQuestDb() {
    return this != MYSQL;
  }

  public boolean readsQuestDb() {
    return this == QUESTDB || this == RETIRED;
  }

  /** Where an operator may go from here; nothing else is ever kept. */
  public List<Phase> mayGoTo() {
    return switch (this) {
      case MYSQL -> List.of(MIRROR);
      case MIRROR -> List.of(QUESTDB, MYSQL);
      case QUESTDB -> List.of(MIRROR, RETIRED);
      case RETIRED -> List.of();
    };
  }

  /** As configuration and JSON spell it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The phase spelt so.
   *
   * @throws IllegalArgumentException when there is none
   */
  public static Phase of(String label) {
    return valueOf(label.toUpperCase(Locale.ROOT));
  }
}
