package dev.sluice.store.questdb.remote;

import dev.sluice.reading.Reading;
import dev.sluice.store.ReadingQuery;
import dev.sluice.store.questdb.PageOrder;
import dev.sluice.store.questdb.QuestDbReadings;
import dev.sluice.store.questdb.QuestDbTable;
import java.io.IOException;

/** Streams rows through a remote server's HTTP query route. */
final class HttpRows implements QuestDbReadings.Rows {
  private final RemoteQuestDb database;

  HttpRows(RemoteQuestDb database) {
    this.database = database;
  }

  @Override
  public void read(ReadingQuery query, PageOrder page) throws IOException {
    database.rows(
        select(query),
        row ->
            page.add(
                new Reading(
                    query.device(),
                    row.get(1),
                    Long.parseLong(row.get(0)),
                    Double.parseDouble(row.get(2)))));
  }

  private static String select(ReadingQuery query) {
    return "SELECT cast(ts AS LONG), metric, value FROM "
        + QuestDbTable.NAME
        + " WHERE device_id = "
        + literal(query.device())
        + query.metric().map(metric -> " AND metric = " + literal(metric)).orElse("")
        + " AND ts >= cast("
        + QuestDbReadings.fromMicros(query)
        + " AS TIMESTAMP) AND ts < cast("
        + QuestDbReadings.toMicros(query)
        + " AS TIMESTAMP) ORDER BY ts"
        + (query.descending() ? " DESC" : "");
  }

  private static String literal(String text) {
    return "'" + text.replace("'", "''") + "'";
  }
}
