package dev.sluice.store.questdb;

import dev.sluice.store.MigrateResult;
import dev.sluice.store.MigrationFile;
import dev.sluice.store.MigrationInfo;
import dev.sluice.store.MigrationInfo.State;
import dev.sluice.store.SchemaState;
import dev.sluice.store.StoreSchema;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Applies {@code migrations/questdb} to QuestDB, forward only, with Flyway's file names and
 * Flyway's checks (order, checksum, pending, unknown). Flyway itself does not support QuestDB,
 * whose DDL is not transactional and whose wire protocol covers only part of PostgreSQL's.
 *
 * <p>A migration enters the history after its last statement. One that fails halfway stays pending
 * and is run again from its first statement, so every statement must be harmless when repeated
 * ({@code IF NOT EXISTS}). Confined to one thread.
 */
public final class QuestDbSchema implements StoreSchema {
  /** Where the files are in the jar. */
  private static final String FOLDER = "/migrations/questdb/";

  /** In order of version; a file not listed here is not shipped. */
  private static final List<String> FILES = List.of("V1__readings.sql", "V2__device_hash.sql");

  private static final String STORE = "questdb";
  private static final String HISTORY = "sluice_schema_history";

  /** Not a WAL table: an INSERT is visible to the next SELECT. */
  private static final String CREATE_HISTORY =
      "CREATE TABLE IF NOT EXISTS "
          + HISTORY
          + " (installed_on TIMESTAMP, version INT, description VARCHAR, script VARCHAR,"
          + " checksum INT) TIMESTAMP(installed_on) PARTITION BY YEAR BYPASS WAL";

  private static final String TABLE = "readings";

  /** Number of columns in the identity. */
  private static final int KEYS = 3;

  /** V1's columns: name, type and whether part of the identity. */
  private static final List<List<String>> READINGS =
      List.of(
          List.of("ts", "TIMESTAMP", "true"),
          List.of("device_id", "VARCHAR", "true"),
          List.of("metric", "SYMBOL", "true"),
          List.of("value", "DOUBLE", "false"));

  /** The migration that adds {@link DeviceHash#COLUMN}, and its type. */
  private static final int HASH_VERSION = 2;

  private static final String HASH_TYPE = "INT";

  private static final String UNAPPLIED =
      "SELECT name FROM wal_tables() WHERE name = '" + TABLE + "' AND writerTxn < sequencerTxn";

  private static final long MOST_NANOS_TO_APPLY = Duration.ofSeconds(10).toNanos();
  private static final long POLL_NANOS = Duration.ofMillis(5).toNanos();

  private final Execute execute;
  private final Query query;
  private final List<MigrationFile> files;

  /** Creates a schema with the migrations in this jar. */
  public QuestDbSchema(Execute execute, Query query) {
    this(execute, query, shipped());
  }

  QuestDbSchema(Execute execute, Query query, List<MigrationFile> files) {
    this.execute = execute;
    this.query = query;
    this.files = files.stream().sorted(Comparator.comparingInt(MigrationFile::version)).toList();
  }

  /** Runs one statement that returns no rows. */
  @FunctionalInterface
  public interface Execute {
    void execute(String statement) throws IOException;
  }

  /** Returns all rows of a query whose columns are all texts. */
  @FunctionalInterface
  public interface Query {
    List<List<String>> query(String select) throws IOException;
  }

  @Override
  public SchemaState state() {
    try {
      List<List<String>> columns = columns();
      SchemaState state = SchemaState.of(STORE, info(columns));
      if (state instanceof SchemaState.Changed || state instanceof SchemaState.Ahead) {
        return state;
      }
      String foreign = columns.isEmpty() ? "" : foreignTable(columns);
      return foreign.isEmpty() ? state : new SchemaState.Foreign(STORE, foreign);
    } catch (IOException e) {
      return new SchemaState.Unreachable(STORE, String.valueOf(e.getMessage()));
    }
  }

  @Override
  public List<MigrationInfo> info() throws IOException {
    return info(columns());
  }

  private List<MigrationInfo> info(List<List<String>> columns) throws IOException {
    Map<Integer, MigrationInfo> applied = history();
    List<MigrationInfo> all = new ArrayList<>();
    for (MigrationFile file : files) {
      all.add(info(file, applied.remove(file.version()), columns));
    }
    all.addAll(applied.values());
    all.sort(Comparator.comparingInt(info -> Integer.parseInt(info.version())));
    return all;
  }

  @Override
  public MigrateResult migrate() {
    SchemaState before = state();
    if (before instanceof SchemaState.UpToDate) {
      return new MigrateResult.Migrated(List.of());
    }
    if (!(before instanceof SchemaState.Pending pending)) {
      return new MigrateResult.Failed(before.problem().orElseThrow());
    }
    try {
      execute.execute(CREATE_HISTORY);
      for (MigrationInfo next : pending.migrations()) {
        apply(file(next));
      }
    } catch (IOException e) {
      return new MigrateResult.Failed(
          "questdb schema: migrating stopped: "
              + e.getMessage()
              + "; fix the cause, then run: ./sluice migrate");
    }
    return new MigrateResult.Migrated(pending.migrations());
  }

  /** A failed migration leaves no entry here, so only checksums can be out of line. */
  @Override
  public List<String> repair() throws IOException {
    List<String> done = new ArrayList<>();
    for (MigrationInfo changed : info()) {
      if (changed.state() != State.CHANGED) {
        continue;
      }
      execute.execute(
          "UPDATE %s SET checksum = %s WHERE version = %s"
              .formatted(HISTORY, changed.checksum().orElseThrow(), changed.version()));
      done.add("adopted the checksum of V" + changed.version());
    }
    return done;
  }

  /**
   * No QuestDB table can be older than Sluice, so there is nothing to adopt: migrating creates the
   * history.
   */
  @Override
  public List<String> baseline() {
    return List.of();
  }

  /** Name, type and whether part of the identity, of each column; none while there is no table. */
  private List<List<String>> columns() throws IOException {
    return exists(TABLE)
        ? query.query(
            "SELECT \"column\", type, cast(upsertKey AS STRING) FROM table_columns('"
                + TABLE
                + "')")
        : List.of();
  }

  /**
   * Whether what a migration made is gone: the history records what was done, not what is still
   * there. A column may be on its way, in the table's log.
   */
  private boolean isUndone(MigrationFile file, List<List<String>> columns) throws IOException {
    if (columns.isEmpty() || file.version() != HASH_VERSION) {
      return columns.isEmpty();
    }
    return hashType(columns).isEmpty() && isApplied() && hashType(columns()).isEmpty();
  }

  private static Optional<String> hashType(List<List<String>> columns) {
    return columns.stream()
        .filter(column -> column.getFirst().equals(DeviceHash.COLUMN))
        .map(column -> column.get(1))
        .findFirst();
  }

  /** Whether the table is what was done to it, and nothing is left in its log. */
  private boolean isApplied() throws IOException {
    return query.query(UNAPPLIED).isEmpty();
  }

  /**
   * What is wrong with an existing table of our name, whoever created it: QuestDB itself creates
   * one, without identity, for a line that names a table it does not have, and a column of another
   * type for a line that names one. Empty when nothing is.
   */
  private static String foreignTable(List<List<String>> columns) {
    boolean identified =
        columns.stream().filter(column -> column.getLast().equals("true")).count() == KEYS;
    if (!columns.containsAll(READINGS) || !identified) {
      return ("there is a table readings with columns %s, but Sluice needs %s; rename it (RENAME"
              + " TABLE readings TO ...), then run: ./sluice migrate")
          .formatted(columns, READINGS);
    }
    return hashType(columns)
        .filter(type -> !type.equals(HASH_TYPE))
        .map(type ->
            "column %s of table readings is of type %s, but Sluice needs %s; drop it (ALTER TABLE readings DROP COLUMN %s), then run: ./sluice migrate"
                .formatted(DeviceHash.COLUMN, type, HASH_TYPE, DeviceHash.COLUMN))
        .orElse("");
  }

  private Map<Integer, MigrationInfo> history() throws IOException {
    Map<Integer, MigrationInfo> applied = new HashMap<>();
    if (exists(HISTORY)) {
      for (List<String> row :
          query.query(
              "SELECT cast(version AS STRING), description, cast(checksum AS STRING) FROM "
                  + HISTORY)) {
        OptionalInt checksum = OptionalInt.of(Integer.parseInt(row.get(2)));
        applied.put(
            Integer.parseInt(row.get(0)),
            new MigrationInfo(row.get(0), row.get(1), State.UNKNOWN, checksum));
      }
    }
    return applied;
  }

  private boolean exists(String table) throws IOException {
    return !query
        .query("SELECT table_name FROM tables() WHERE table_name = '" + table + "'")
        .isEmpty();
  }

  private MigrationInfo info(
      MigrationFile file, @Nullable MigrationInfo applied, List<List<String>> columns)
      throws IOException {
    OptionalInt checksum = OptionalInt.of(file.checksum());
    State state = State.PENDING;
    if (applied != null && !applied.checksum().equals(checksum)) {
      state = State.CHANGED;
    } else if (applied != null && !isUndone(file, columns)) {
      state = State.APPLIED;
    }
    return new MigrationInfo(String.valueOf(file.version()), file.description(), state, checksum);
  }

  private void apply(MigrationFile file) throws IOException {
    for (String statement : file.statements()) {
      execute.execute(statement);
    }
    awaitApplied();
    execute.execute(
        "INSERT INTO %s VALUES (now(), %s, '%s', '%s', %s)"
            .formatted(HISTORY, file.version(), file.description(), file.name(), file.checksum()));
  }

  /**
   * Waits until the table is what the migration makes of it: a change of its columns goes through
   * its WAL, and a query that is being prepared meanwhile fails. With a long WAL, not for ever.
   */
  private void awaitApplied() throws IOException {
    long begun = System.nanoTime();
    while (!query.query(UNAPPLIED + " AND NOT suspended").isEmpty()
        && System.nanoTime() - begun < MOST_NANOS_TO_APPLY) {
      LockSupport.parkNanos(POLL_NANOS);
    }
  }

  private MigrationFile file(MigrationInfo migration) {
    return files.stream()
        .filter(file -> migration.version().equals(String.valueOf(file.version())))
        .findFirst()
        .orElseThrow();
  }

  private static List<MigrationFile> shipped() {
    return FILES.stream().map(name -> MigrationFile.of(name, resource(FOLDER + name))).toList();
  }

  private static String resource(String path) {
    try (InputStream in = QuestDbSchema.class.getResourceAsStream(path)) {
      if (in == null) {
        throw new AssertionError("the jar lacks " + path);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new AssertionError("the jar cannot be read at " + path, e);
    }
  }
}
