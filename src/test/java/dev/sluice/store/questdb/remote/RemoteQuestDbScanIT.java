package dev.sluice.store.questdb.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.reading.Reading;
import dev.sluice.store.MirrorStore;
import dev.sluice.store.ReadingScan;
import dev.sluice.store.ReadingSource;
import dev.sluice.store.Sink;
import dev.sluice.store.questdb.QuestDbReadings;
import dev.sluice.store.questdb.QuestDbScanContract;
import dev.sluice.store.questdb.QuestDbSchema;
import dev.sluice.store.questdb.QuestDbServer;
import dev.sluice.store.questdb.QuestDbSql;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RemoteQuestDbScanIT extends QuestDbScanContract {
  @TempDir static Path directory;
  private static QuestDbServer server;
  private RemoteQuestDb database;
  private RemoteQuestDbSink sink;

  @BeforeAll
  static void startServer() throws Exception {
    server = new QuestDbServer(directory, "sync");
    server.start();
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @BeforeEach
  void open() throws Exception {
    database = new RemoteQuestDb(server.config());
    QuestDbSchema schema = new QuestDbSchema(database::execute, database::query);
    sink = new RemoteQuestDbSink(database, server.config(), () -> schema.state().problem());
    remake();
  }

  @AfterEach
  void close() {
    sink.close();
    database.close();
  }

  @Override
  public ReadingScan scan() {
    return database.scan();
  }

  @Override
  public ReadingSource source() {
    return database.readings();
  }

  @Override
  public Sink sink() {
    return sink;
  }

  @Override
  public MirrorStore mirror() {
    return database.mirror();
  }

  @Override
  public QuestDbSql sql() {
    return database;
  }

  /** More readings of one ts than a page has rows, at the page's end and over several pages. */
  @Test
  void pagesLeaveNothingOutAndTellNothingTwice() throws Exception {
    List<Reading> readings = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      readings.add(new Reading("d" + i, "m", i < 50 ? i : i < 180 ? 50 : i < 185 ? 51 : i, i));
    }
    write(readings);

    for (int pageRows : new int[] {1, 2, 7, 51, 180, 300, 301}) {
      List<Reading> read =
          readings(new QuestDbReadings(new HttpRows(database, pageRows)), 0, Long.MAX_VALUE);
      assertThat(read).as("pages of %d", pageRows).containsExactlyInAnyOrderElementsOf(readings);
      assertThat(read).isSortedAccordingTo(Comparator.comparingLong(Reading::tsMicros));
    }
  }

  @Test
  void removesNothing() {
    assertThat(mirror().removes()).isFalse();
    assertThatThrownBy(() -> mirror().remove(List.of()))
        .isInstanceOf(UnsupportedOperationException.class);
  }
}
