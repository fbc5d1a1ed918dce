package dev.sluice.store.questdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.store.MigrateResult;
import dev.sluice.store.MigrationFile;
import dev.sluice.store.MigrationInfo;
import dev.sluice.store.SchemaState;
import dev.sluice.store.questdb.engine.EmbeddedQuestDb;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuestDbSchemaIT {
  private static final MigrationFile FIRST =
      MigrationFile.of(
          "V1__first.sql",
          "CREATE TABLE IF NOT EXISTS a (x INT); -- one\nCREATE TABLE IF NOT EXISTS b (x INT);"
              + "CREATE TABLE IF NOT EXISTS readings (ts TIMESTAMP, device_id VARCHAR,"
              + " metric SYMBOL, value DOUBLE) TIMESTAMP(ts) PARTITION BY DAY WAL"
              + " DEDUP UPSERT KEYS(ts, device_id, metric)");
  private static final MigrationFile SECOND =
      MigrationFile.of(
          "V2__second.sql",
          "ALTER TABLE a ADD COLUMN IF NOT EXISTS y INT;"
              + "ALTER TABLE readings ADD COLUMN IF NOT EXISTS device_hash INT");

  @TempDir Path directory;
  private EmbeddedQuestDb database;

  @BeforeEach
  void open() throws Exception {
    database =
        EmbeddedQuestDb.open(
            new QuestDbConfig(
                QuestDbConfig.Mode.EMBEDDED,
                directory,
                "",
                "",
                "",
                0,
                0,
                Optional.empty(),
                1,
                Duration.ZERO,
                Duration.ZERO,
                OptionalInt.empty()));
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void appliesEveryShippedMigrationOnce() throws Exception {
    QuestDbSchema schema = new QuestDbSchema(database.sql()::execute, database.sql()::query);
    assertThat(schema.state()).isInstanceOf(SchemaState.Pending.class);

    List<MigrationInfo> applied = migrated(schema);

    assertThat(applied).hasSameSizeAs(schema.info()).isNotEmpty();
    assertThat(migrated(schema)).isEmpty();
    assertThat(schema.state())
        .isEqualTo(new SchemaState.UpToDate("questdb", applied.getLast().version()));
  }

  @Test
  void knowsWhenItAppliedWhatAfterTheStoreWasOpenedAgain() throws Exception {
    Instant before = Instant.now();
    migrated(new QuestDbSchema(database.sql()::execute, database.sql()::query));
    database.close();

    open();

    assertThat(new QuestDbSchema(database.sql()::execute, database.sql()::query).state())
        .isInstanceOf(SchemaState.UpToDate.class);
    String installed =
        database
            .sql()
            .query("SELECT cast(cast(installed_on AS LONG) AS STRING) FROM sluice_schema_history")
            .getFirst()
            .getFirst();
    assertThat(Long.parseLong(installed) / 1_000).isGreaterThanOrEqualTo(before.toEpochMilli());
  }

  @Test
  void shipsEveryFileOfTheFolder() throws Exception {
    QuestDbSchema schema = new QuestDbSchema(database.sql()::execute, database.sql()::query);
    try (Stream<Path> files = Files.list(Path.of("migrations", "questdb"))) {
      assertThat(schema.info()).hasSize((int) files.count());
    }
  }

  @Test
  void appliesInOrderOfVersionsAndOnlyWhatIsPending() throws Exception {
    assertThat(migrated(schema(FIRST))).extracting(MigrationInfo::version).containsExactly("1");
    assertThat(migrated(schema(SECOND, FIRST)))
        .extracting(MigrationInfo::version)
        .containsExactly("2");

    assertThat(schema(FIRST, SECOND).info())
        .extracting(MigrationInfo::state)
        .containsOnly(MigrationInfo.State.APPLIED);
    assertThat(database.sql().query("SELECT table_name FROM tables()"))
        .contains(List.of("a"), List.of("b"));
  }

  @Test
  void tellsAChangedFile() throws Exception {
    migrated(schema(FIRST));
    QuestDbSchema changed = schema(MigrationFile.of("V1__first.sql", FIRST.text() + "\n-- more"));

    assertThat(changed.state()).isInstanceOf(SchemaState.Changed.class);
    assertThat(failure(changed)).contains("V1 (first)");
  }

  @Test
  void repairTakesOnTheChecksumOfARewordedFile() throws Exception {
    migrated(schema(FIRST));
    QuestDbSchema changed = schema(MigrationFile.of("V1__first.sql", FIRST.text() + "\n-- more"));

    assertThat(changed.repair()).containsExactly("adopted the checksum of V1");

    assertThat(changed.repair()).isEmpty();
    assertThat(changed.state()).isInstanceOf(SchemaState.UpToDate.class);
    assertThat(schema(FIRST).state()).isInstanceOf(SchemaState.Changed.class);
  }

  @Test
  void tellsAStoreOfANewerVersion() throws Exception {
    migrated(schema(FIRST, SECOND));

    assertThat(schema(FIRST).state()).isInstanceOf(SchemaState.Ahead.class);
  }

  @Test
  void runsAMigrationAgainThatFailedHalfWay() throws Exception {
    MigrationFile broken =
        MigrationFile.of("V1__first.sql", "CREATE TABLE IF NOT EXISTS a (x INT); CREATE NONSENSE");
    assertThat(failure(schema(broken))).contains("CREATE NONSENSE");

    assertThat(schema(broken).state()).isInstanceOf(SchemaState.Pending.class);
    migrated(schema(FIRST));
    assertThat(schema(FIRST).state()).isInstanceOf(SchemaState.UpToDate.class);
  }

  @Test
  void buildsOnNoTableItDidNotMake() throws Exception {
    database.sql().execute("CREATE TABLE readings (ts TIMESTAMP, temp DOUBLE) TIMESTAMP(ts)");
    QuestDbSchema schema = new QuestDbSchema(database.sql()::execute, database.sql()::query);

    assertThat(schema.state()).isInstanceOf(SchemaState.Foreign.class);
    assertThat(failure(schema)).contains("RENAME TABLE readings");
  }

  /** The table was made, the history not yet: what a crash between the two leaves. */
  @Test
  void adoptsItsOwnTableWithoutHistory() throws Exception {
    QuestDbSchema schema = new QuestDbSchema(database.sql()::execute, database.sql()::query);
    migrated(schema);
    database.sql().execute("DROP TABLE sluice_schema_history");

    assertThat(schema.state()).isInstanceOf(SchemaState.Pending.class);
    migrated(schema);
    assertThat(schema.state()).isInstanceOf(SchemaState.UpToDate.class);
  }

  @Test
  void makesATableAnewThatIsGoneThoughItWasMade() throws Exception {
    QuestDbSchema schema = new QuestDbSchema(database.sql()::execute, database.sql()::query);
    migrated(schema);
    database.sql().execute("DROP TABLE readings");

    assertThat(schema.state()).isInstanceOf(SchemaState.Pending.class);
    assertThat(schema.info())
        .extracting(MigrationInfo::state)
        .containsOnly(MigrationInfo.State.PENDING);
    assertThat(migrated(schema)).hasSameSizeAs(schema.info());
    assertThat(schema.state()).isInstanceOf(SchemaState.UpToDate.class);
  }

  /** As in a table that somebody made anew from an older version's file, beside a newer history. */
  @Test
  void addsAColumnAnewThatIsGoneThoughItWasAdded() throws Exception {
    QuestDbSchema schema = new QuestDbSchema(database.sql()::execute, database.sql()::query);
    migrated(schema);
    database.sql().execute("ALTER TABLE readings DROP COLUMN device_hash");

    await().until(() -> schema.state() instanceof SchemaState.Pending);
    assertThat(schema.state().problem())
        .contains("questdb schema: pending V2 (device hash); run: ./sluice migrate");
    assertThat(migrated(schema)).extracting(MigrationInfo::version).containsExactly("2");
    assertThat(schema.state()).isInstanceOf(SchemaState.UpToDate.class);
  }

  /** A server with much to apply adds the column a while after it was asked to. */
  @Test
  void missesNoColumnThatMayStillBeInTheTablesLog() throws Exception {
    QuestDbSchema schema = new QuestDbSchema(database.sql()::execute, database.sql()::query);
    migrated(schema);
    database.sql().execute("ALTER TABLE readings DROP COLUMN device_hash");
    await().until(() -> schema.state() instanceof SchemaState.Pending);

    QuestDbSchema behind =
        new QuestDbSchema(
            database.sql()::execute,
            select ->
                select.contains("writerTxn < sequencerTxn")
                    ? List.of(List.of("readings"))
                    : database.sql().query(select));

    assertThat(behind.state()).isInstanceOf(SchemaState.UpToDate.class);
  }

  /** QuestDB adds it for a line with a field that the table does not have. */
  @Test
  void tellsAColumnOfAnotherType() throws Exception {
    QuestDbSchema schema = new QuestDbSchema(database.sql()::execute, database.sql()::query);
    migrated(schema);
    database.sql().execute("ALTER TABLE readings DROP COLUMN device_hash");
    database.sql().execute("ALTER TABLE readings ADD COLUMN device_hash LONG");

    await().until(() -> schema.state() instanceof SchemaState.Foreign);
    assertThat(failure(schema))
        .contains("device_hash of table readings is of type LONG", "DROP COLUMN device_hash");
    database.sql().execute("ALTER TABLE readings DROP COLUMN device_hash");
    await().until(() -> schema.state() instanceof SchemaState.Pending);
    migrated(schema);
    assertThat(schema.state()).isInstanceOf(SchemaState.UpToDate.class);
  }

  /** QuestDB makes it for the first line sent to a table it does not have. */
  @Test
  void tellsATableWithoutIdentityEvenWhereItsMigrationWasApplied() throws Exception {
    QuestDbSchema schema = new QuestDbSchema(database.sql()::execute, database.sql()::query);
    migrated(schema);
    database.sql().execute("ALTER TABLE readings ADD COLUMN site SYMBOL");
    assertThat(schema.state()).isInstanceOf(SchemaState.UpToDate.class);

    database.sql().execute("ALTER TABLE readings DEDUP DISABLE");

    await().until(() -> schema.state() instanceof SchemaState.Foreign);
    assertThat(failure(schema)).contains("RENAME TABLE readings");
  }

  @Test
  void saysWhenTheStoreDoesNotAnswer() {
    QuestDbSchema schema =
        new QuestDbSchema(
            statement -> {},
            select -> {
              throw new IOException("connection refused");
            });

    assertThat(schema.state())
        .isEqualTo(new SchemaState.Unreachable("questdb", "connection refused"));
  }

  private static List<MigrationInfo> migrated(QuestDbSchema schema) {
    return ((MigrateResult.Migrated) schema.migrate()).applied();
  }

  private static String failure(QuestDbSchema schema) {
    return ((MigrateResult.Failed) schema.migrate()).reason();
  }

  private QuestDbSchema schema(MigrationFile... files) {
    return new QuestDbSchema(database.sql()::execute, database.sql()::query, List.of(files));
  }
}
