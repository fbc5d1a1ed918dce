package dev.sluice.cutover;

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

  /** As configuration and JSON spell it. */
  public String label() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }
}
