package dev.sluice.store.questdb;

import dev.sluice.reading.Counted;
import dev.sluice.store.MarkedTable;
import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.store.TableMark;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * Marks QuestDB's table by when its schema was created, to the microsecond, by the folder QuestDB
 * gave it, which carries the table's number, and by the last transaction committed to it. For a
 * remote server the rows are counted, too: there Sluice only ever adds rows, so a lower count means
 * that TRUNCATE or DROP PARTITION removed some. Thread-safe.
 */
public final class QuestDbMarks implements MarkedTable {
  private static final String TABLE =
      "SELECT directoryName FROM tables() WHERE table_name = '" + QuestDbTable.NAME + "'";
  private static final String MADE =
      "SELECT cast(min(installed_on) AS STRING) FROM sluice_schema_history";
  private static final String TRANSACTIONS =
      "SELECT cast(sequencerTxn AS STRING), cast(writerTxn AS STRING) FROM wal_tables()"
          + " WHERE name = '"
          + QuestDbTable.NAME
          + "'";
  private static final String ROWS = "SELECT cast(count() AS STRING) FROM " + QuestDbTable.NAME;

  private final QuestDbSql sql;
  private final boolean counted;

  private QuestDbMarks(QuestDbSql sql, boolean counted) {
    this.sql = sql;
    this.counted = counted;
  }

  /** For a table that only this process writes to. */
  public static QuestDbMarks embedded(QuestDbSql sql) {
    return new QuestDbMarks(sql, false);
  }

  /** For a table that others can remove rows from. */
  public static QuestDbMarks remote(QuestDbSql sql) {
    return new QuestDbMarks(sql, true);
  }

  /**
   * The table as it is now.
   *
   * @param committed the last transaction
   * @param applied the last transaction that reads see
   * @param rowsBefore counted first: at most the rows that {@code applied} had
   * @param rowsAfter counted last: at least the rows that {@code applied} had
   */
  private record Seen(
      String table, long committed, long applied, long rowsBefore, long rowsAfter) {}

  @Override
  public TableMark mark() throws UnavailableException {
    Seen now = now().orElseThrow(() -> new UnavailableException(QuestDbTable.MISSING, null));
    return new TableMark(now.table, now.committed, String.valueOf(now.rowsBefore));
  }

  @Override
  public Optional<String> departedFrom(TableMark earlier) throws UnavailableException {
    String name = "QuestDB's table " + QuestDbTable.NAME;
    Optional<Seen> found = now();
    if (found.isEmpty()) {
      return Optional.of("QuestDB no longer has the table " + QuestDbTable.NAME);
    }
    Seen now = found.orElseThrow();
    if (!now.table.equals(earlier.table())) {
      return Optional.of(name + " is " + now.table + ", it was " + earlier.table());
    }
    if (now.committed < earlier.height()) {
      return Optional.of(
          "%s ends at transaction %d, it had reached %d: this is an older copy"
              .formatted(name, now.committed, earlier.height()));
    }
    long rows = counted && !earlier.top().isEmpty() ? Long.parseLong(earlier.top()) : 0;
    return now.applied < earlier.height() || now.rowsAfter >= rows
        ? Optional.empty()
        : Optional.of(
            "%s has %s, it had %d: TRUNCATE or DROP PARTITION removed some"
                .formatted(name, Counted.of(now.rowsAfter, "row"), rows));
  }

  private Optional<Seen> now() throws UnavailableException {
    try {
      List<List<String>> table = sql.query(TABLE);
      if (table.isEmpty()) {
        if (one(TRANSACTIONS).isPresent()) {
          throw new IOException("QuestDB has not read all of its tables yet");
        }
        return Optional.empty();
      }
      String made = one(MADE).map(List::getFirst).orElse("");
      long before = rows();
      Optional<List<String>> transactions = one(TRANSACTIONS);
      long after = rows();
      if (!sql.query(TABLE).equals(table)) {
        throw new IOException("QuestDB's table " + QuestDbTable.NAME + " is being recreated");
      }
      return Optional.of(
          new Seen(
              String.join(" of ", table.getFirst().getFirst(), made),
              number(transactions, 0),
              number(transactions, 1),
              before,
              after));
    } catch (IOException e) {
      throw new UnavailableException(String.valueOf(e.getMessage()), e);
    }
  }

  private long rows() throws IOException {
    return counted ? number(one(ROWS), 0) : 0;
  }

  private Optional<List<String>> one(String select) throws IOException {
    return sql.query(select).stream().findFirst();
  }

  /** A number that QuestDB does not know before the first commit: 0 until then. */
  private static long number(Optional<List<String>> row, int column) {
    return row.map(each -> each.get(column))
        .filter(text -> !text.isEmpty())
        .map(Long::parseLong)
        .orElse(0L);
  }
}
