package dev.sluice.store.questdb.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.store.questdb.QuestDbSchema;
import dev.sluice.store.questdb.QuestDbTable;
import dev.sluice.store.questdb.TestConfigs;
import io.questdb.cairo.CairoEngine;
import io.questdb.cairo.TableToken;
import io.questdb.cairo.TableWriter;
import io.questdb.cairo.wal.WalWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BucketKeysTest {
  private static final int MOST_UNKNOWN = 2;

  @TempDir Path directory;
  private final BucketKeys keys = new BucketKeys(MOST_UNKNOWN);
  private EmbeddedQuestDb database;
  private CairoEngine engine;
  private TableToken table;
  private long ts;

  @BeforeEach
  void open() throws Exception {
    database = EmbeddedQuestDb.open(TestConfigs.embedded(directory));
    new QuestDbSchema(database.sql()::execute, database.sql()::query).migrate();
    engine = database.engine();
    table = engine.verifyTableName(QuestDbTable.NAME);
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void takesNewWritersUntilOneKnowsTheBucketsByNumber() throws Exception {
    WalWriter writer = keys.open(engine, table);
    for (int round = 0; round < 3; round++) {
      write(writer, 2 * round, 2 * round + 1);
      assertThat(keys.areStale()).isTrue();

      WalWriter next = keys.open(engine, table);
      assertThat(next).isNotSameAs(writer);
      assertThat(keys.areStale()).isFalse();
      writer.close();
      writer = next;
      write(writer, 0, 2 * round, 2 * round + 1);
      assertThat(keys.areStale()).isFalse();
    }
    writer.close();

    assertThat(
            database
                .sql()
                .query("SELECT bucket, cast(count() AS STRING) FROM readings ORDER BY bucket"))
        .containsExactly(
            List.of("0", "5"),
            List.of("1", "2"),
            List.of("2", "2"),
            List.of("3", "2"),
            List.of("4", "2"),
            List.of("5", "2"));
  }

  private void write(WalWriter writer, int... buckets) {
    int metric = writer.getMetadata().getColumnIndex("metric");
    for (int bucket : buckets) {
      TableWriter.Row row = writer.newRow(ts++);
      row.putSym(metric, "m");
      keys.put(row, bucket);
      row.append();
    }
    writer.commit();
    await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> database.status().orElseThrow().visibleLag() == 0);
  }
}
