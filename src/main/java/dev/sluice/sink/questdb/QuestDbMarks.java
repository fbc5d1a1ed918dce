package dev.sluice.sink.questdb;

import dev.sluice.sink.MarkedTable;
import dev.sluice.sink.ReadingSource.UnavailableException;
import dev.sluice.sink.TableMark;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * Marks QuestDB's table: by when its schema was made, to the microsecond, by the folder QuestDB
 * gave it, which carries the table's number, and by the last transaction committed to it.
 * Thread-safe.
 */
public final class QuestDbMarks implements MarkedTable {
  private static final String TABLE =
      "SELECT directoryName FROM tables() WHERE table_name = '" + QuestDbTable.NAME + "'";
  private static final String MADE =
      "SELECT cast(min(installed_on) AS STRING) FROM sluice_schema_history";
  private static final String COMMITTED =
      "SELECT cast(sequencerTxn AS STRING) FROM wal_tables() WHERE name = '"
          + QuestDbTable.NAME
          + "'";

  private final QuestDbSql sql;

  /** Asks nothing yet. */
  public QuestDbMarks(QuestDbSql sql) {
    this.sql = sql;
  }

  @Override
  public TableMark mark() throws UnavailableException {
    return now().orElseThrow(() -> new UnavailableException(QuestDbTable.MISSING, null));
  }

  @Override
  public Optional<String> departedFrom(TableMark earlier) throws UnavailableException {
    Optional<TableMark> found = now();
    if (found.isEmpty()) {
      return Optional.of("QuestDB no longer has the table " + QuestDbTable.NAME);
    }
    TableMark present = found.orElseThrow();
    if (!present.table().equals(earlier.table())) {
      return Optional.of(
          "QuestDB's table "
              + QuestDbTable.NAME
              + " is "
              + present.table()
              + ", it was "
              + earlier.table());
    }
    return present.height() >= earlier.height()
        ? Optional.empty()
        : Optional.of(
            "QuestDB's table "
                + QuestDbTable.NAME
                + " ends at transaction "
                + present.height()
                + ", it had come to "
                + earlier.height()
                + ": this is an older copy");
  }

  private Optional<TableMark> now() throws UnavailableException {
    try {
      List<List<String>> table = sql.query(TABLE);
      if (table.isEmpty()) {
        return Optional.empty();
      }
      String made = sql.query(MADE).stream().findFirst().map(List::getFirst).orElse("");
      String committed = sql.query(COMMITTED).stream().findFirst().map(List::getFirst).orElse("");
      if (!sql.query(TABLE).equals(table)) {
        throw new IOException("QuestDB's table " + QuestDbTable.NAME + " is being made anew");
      }
      return Optional.of(
          new TableMark(
              String.join(" of ", table.getFirst().getFirst(), made),
              committed.isEmpty() ? 0 : Long.parseLong(committed),
              ""));
    } catch (IOException e) {
      throw new UnavailableException(String.valueOf(e.getMessage()), e);
    }
  }
}
