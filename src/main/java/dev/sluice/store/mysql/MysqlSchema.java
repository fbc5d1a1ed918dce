package dev.sluice.store.mysql;

import com.mysql.cj.jdbc.MysqlDataSource;
import dev.sluice.store.MigrateResult;
import dev.sluice.store.MigrationInfo;
import dev.sluice.store.MigrationInfo.State;
import dev.sluice.store.SchemaState;
import dev.sluice.store.StoreSchema;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationState;
import org.flywaydb.core.api.output.BaselineResult;
import org.flywaydb.core.api.output.RepairResult;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The migrations of MySQL, run by Flyway from the class path with the settings in {@code
 * migrations/flyway-mysql.conf}, the same file that the stock Flyway tool is given. Immutable and
 * thread-safe; concurrent runs wait for each other on a lock in the store.
 *
 * <p>A {@code sensor_data} table older than Sluice is adopted with its rows, unless {@link
 * TableRules} object to it: then nothing is touched. The rules are checked again whenever the state
 * is.
 */
public final class MysqlSchema implements StoreSchema {
  private static final Logger LOG = LoggerFactory.getLogger(MysqlSchema.class);
  private static final String STORE = "mysql";
  private static final String SETTINGS = "migrations/flyway-mysql.conf";
  private static final String MIGRATIONS = "classpath:migrations/mysql";
  private static final int CONNECT_TIMEOUT_MS = 10_000;

  /** For queries, which are answered at once; a migration may take hours. */
  private static final int ANSWER_TIMEOUT_MS = 10_000;

  /** Each try waits up to 5 s for locks, as the migration files say. */
  private static final int TRIES = 10;

  private static final int LOCK_WAIT_TIMEOUT = 1205;
  private static final int DENIED_IN_DATABASE = 1044;
  private static final int DENIED_ON_TABLE = 1142;

  /**
   * Errors that may pass: lock wait and deadlock; a duplicate identity; a column, key or table that
   * a statement of a client now gone has just created or dropped.
   */
  private static final Set<Integer> MAY_PASS =
      Set.of(LOCK_WAIT_TIMEOUT, 1213, 1062, 1050, 1060, 1061, 1091);

  private final DataSource dataSource;
  private final Flyway flyway;

  /** Sets no limit on how long a statement runs. */
  private final Flyway patientFlyway;

  /** Connects to nothing yet. */
  public MysqlSchema(String url, String user, String password) {
    this(url, user, password, MIGRATIONS);
  }

  MysqlSchema(String url, String user, String password, String location) {
    this(
        dataSource(url, user, password, ANSWER_TIMEOUT_MS),
        dataSource(url, user, password, 0),
        location);
  }

  MysqlSchema(DataSource dataSource, DataSource patient, String location) {
    this.dataSource = dataSource;
    flyway = flyway(dataSource, location);
    patientFlyway = flyway(patient, location);
  }

  @Override
  public SchemaState state() {
    try {
      TableShape table = table();
      Optional<String> foreign = foreign(table);
      if (foreign.isPresent()) {
        return new SchemaState.Foreign(STORE, foreign.get());
      }
      SchemaState state = SchemaState.of(STORE, migrations());
      return state instanceof SchemaState.UpToDate ? orSpoilt(state, table) : state;
    } catch (TableRights.MissingException e) {
      return new SchemaState.Foreign(STORE, String.valueOf(e.getMessage()));
    } catch (SQLException | FlywayException e) {
      return new SchemaState.Unreachable(STORE, reason(e) + advice(e));
    }
  }

  @Override
  public List<MigrationInfo> info() throws IOException {
    try {
      return migrations();
    } catch (FlywayException e) {
      throw new IOException("mysql schema: cannot be read: " + reason(e), e);
    }
  }

  @Override
  public MigrateResult migrate() {
    SchemaState before = state();
    return switch (before) {
      case SchemaState.UpToDate upToDate -> new MigrateResult.Migrated(List.of());
      case SchemaState.Pending pending -> apply(pending.migrations());
      case SchemaState.Changed changed when onlyFailed(changed) -> retry(changed);
      case SchemaState.Changed changed -> refused(changed);
      case SchemaState.Ahead ahead -> refused(ahead);
      case SchemaState.Foreign foreign -> refused(foreign);
      case SchemaState.Lacking lacking -> refused(lacking);
      case SchemaState.Unreachable unreachable -> refused(unreachable);
    };
  }

  @Override
  public List<String> repair() throws IOException {
    try {
      RepairResult result = flyway.repair();
      List<String> done = new ArrayList<>();
      result.migrationsRemoved.forEach(m -> done.add("removed failed V" + m.version));
      result.migrationsAligned.forEach(m -> done.add("adopted the checksum of V" + m.version));
      result.migrationsDeleted.forEach(m -> done.add("marked as deleted V" + m.version));
      return done;
    } catch (FlywayException e) {
      throw new IOException("mysql schema: cannot be repaired: " + reason(e), e);
    }
  }

  @Override
  public List<String> baseline() throws IOException {
    try {
      Optional<String> foreign = foreign(table());
      if (foreign.isPresent()) {
        throw new IOException("mysql schema: " + foreign.get());
      }
      try (Connection connection = dataSource.getConnection()) {
        if (TableRights.readable(connection, historyTable())) {
          return List.of();
        }
      }
      BaselineResult result = flyway.baseline();
      return List.of("started the history " + historyTable() + " at V" + result.baselineVersion);
    } catch (SQLException | FlywayException | TableRights.MissingException e) {
      throw new IOException("mysql schema: no baseline: " + reason(e), e);
    }
  }

  /**
   * Retries what failed only because of others: a transaction or a killed client's statement on the
   * table, or a duplicate that arrived before the unique key.
   */
  private MigrateResult apply(List<MigrationInfo> pending) {
    for (int left = TRIES; ; left--) {
      try {
        patientFlyway.migrate();
        return new MigrateResult.Migrated(pending);
      } catch (FlywayException e) {
        if (left == 1 || !mayPass(e)) {
          return new MigrateResult.Failed(
              "mysql schema: migrating stopped: "
                  + reason(e)
                  + advice(e)
                  + "; fix the cause, then run: ./sluice migrate");
        }
        LOG.warn("The MySQL migration is waiting to retry: {}{}", reason(e), advice(e));
        LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(TRIES - left + 1L));
        flyway.repair();
      }
    }
  }

  /** Every file can be run again after a failure, so removing the failed entry is enough. */
  private MigrateResult retry(SchemaState.Changed failed) {
    try {
      flyway.repair();
    } catch (FlywayException e) {
      return new MigrateResult.Failed("mysql schema: clearing the failed entry: " + reason(e));
    }
    return state() instanceof SchemaState.Pending pending
        ? apply(pending.migrations())
        : refused(failed);
  }

  private static boolean onlyFailed(SchemaState.Changed changed) {
    return changed.migrations().stream().allMatch(m -> m.state() == State.FAILED);
  }

  private static MigrateResult refused(SchemaState state) {
    return new MigrateResult.Failed(
        state.problem().orElseThrow(() -> new AssertionError("no problem: " + state)));
  }

  private TableShape table() throws SQLException, TableRights.MissingException {
    try (Connection connection = dataSource.getConnection()) {
      TableRights.check(connection, historyTable());
      return TableShape.of(connection);
    }
  }

  private static Optional<String> foreign(TableShape table) {
    List<Objections.Objection> objections = TableRules.objections(table);
    return objections.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "table sensor_data cannot be used as it is; nothing was changed."
                + objections.stream()
                    .map(objection -> "\n  - " + objection)
                    .collect(Collectors.joining())
                + "\nThen run: ./sluice migrate, or give Sluice a database of its own (mysql.url)."
                + " MIGRATION.md lists what a table may carry");
  }

  /** The history records what was done, not what is still there. */
  private SchemaState orSpoilt(SchemaState upToDate, TableShape table) {
    if (!table.exists() || !table.widened()) {
      return new SchemaState.Foreign(
          STORE,
          "every migration was applied, but table sensor_data is gone or has lost what they added;"
              + " restore it from a backup, or, to begin with an empty table, drop or rename what"
              + " is left of it, DROP TABLE "
              + historyTable()
              + ", then run: ./sluice migrate");
    }
    if (!table.keys().containsKey("sensor_data_identity")) {
      return new SchemaState.Foreign(
          STORE,
          "every migration was applied, but table sensor_data has lost its unique key"
              + " sensor_data_identity; run: "
              + TableRules.ADD_IDENTITY
              + " (error 1062: run the UPDATE of migrations/mysql/V4 first)");
    }
    return table.keys().containsKey("sensor_data_by_time")
        ? upToDate
        : new SchemaState.Lacking(
            STORE,
            "every migration was applied, but table sensor_data has lost its key"
                + " sensor_data_by_time, which backfill and verify walk; run: "
                + TableRules.ADD_BY_TIME);
  }

  private String historyTable() {
    return flyway.getConfiguration().getTable();
  }

  private List<MigrationInfo> migrations() {
    List<MigrationInfo> all = new ArrayList<>();
    for (org.flywaydb.core.api.MigrationInfo info : flyway.info().all()) {
      all.add(
          new MigrationInfo(
              info.getVersion().getVersion(),
              info.getDescription(),
              state(info),
              checksum(info.getResolvedChecksum())));
    }
    return all;
  }

  /** Flyway has no checksum for a migration without a file. */
  private static OptionalInt checksum(@Nullable Integer resolved) {
    return resolved == null ? OptionalInt.empty() : OptionalInt.of(resolved);
  }

  private static State state(org.flywaydb.core.api.MigrationInfo info) {
    MigrationState state = info.getState();
    return switch (state) {
      case PENDING, AVAILABLE, ABOVE_TARGET -> State.PENDING;
      case BASELINE, BASELINE_IGNORED, BELOW_BASELINE -> State.BASELINE;
      case FAILED, FUTURE_FAILED, MISSING_FAILED -> State.FAILED;
      case FUTURE_SUCCESS, MISSING_SUCCESS -> State.UNKNOWN;
      case SUCCESS, OUT_OF_ORDER -> info.isChecksumMatching() ? State.APPLIED : State.CHANGED;
      case IGNORED, OUTDATED, SUPERSEDED, DELETED, UNDONE -> State.CHANGED;
    };
  }

  private static Flyway flyway(DataSource dataSource, String location) {
    return Flyway.configure(MysqlSchema.class.getClassLoader())
        .configuration(settings())
        .locations(location)
        .dataSource(dataSource)
        .load();
  }

  private static DataSource dataSource(
      String url, String user, String password, int answerTimeoutMs) {
    MysqlDataSource source = new MysqlDataSource();
    source.setUrl(url);
    source.setUser(user);
    source.setPassword(password);
    try {
      source.setConnectTimeout(CONNECT_TIMEOUT_MS);
      source.setSocketTimeout(answerTimeoutMs);
      source.setSessionVariables("lock_wait_timeout=5");
    } catch (SQLException e) {
      throw new AssertionError("Connector/J refused its own property", e);
    }
    return source;
  }

  private static Properties settings() {
    Properties settings = new Properties();
    try (InputStream in = MysqlSchema.class.getClassLoader().getResourceAsStream(SETTINGS)) {
      if (in == null) {
        throw new AssertionError("this jar was built without " + SETTINGS);
      }
      Reader reader = new InputStreamReader(in, StandardCharsets.UTF_8);
      settings.load(reader);
    } catch (IOException e) {
      throw new UncheckedIOException("reading " + SETTINGS + " from the jar", e);
    }
    return settings;
  }

  private static boolean mayPass(FlywayException e) {
    return sqlCause(e).filter(cause -> MAY_PASS.contains(cause.getErrorCode())).isPresent();
  }

  private static String advice(Exception e) {
    int code = sqlCause(e).map(SQLException::getErrorCode).orElse(0);
    return switch (code) {
      case LOCK_WAIT_TIMEOUT ->
          " (another session uses sensor_data: a long transaction, LOCK TABLES, DDL or a backup;"
              + " see SHOW PROCESSLIST and performance_schema.metadata_locks)";
      case DENIED_IN_DATABASE, DENIED_ON_TABLE ->
          " (MIGRATION.md, Rights, has the GRANTs for the user that migrates)";
      default -> {
        String advice = MysqlTls.advice(e);
        yield advice.isEmpty() ? "" : "; " + advice;
      }
    };
  }

  private static Optional<SQLException> sqlCause(Exception e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException sql) {
        return Optional.of(sql);
      }
    }
    return Optional.empty();
  }

  /** Flyway's messages have a heading and a table; the innermost cause says it in one line. */
  private static String reason(Exception e) {
    Throwable cause = e;
    while (cause.getCause() != null && !(cause instanceof SQLException)) {
      cause = cause.getCause();
    }
    return String.valueOf(cause.getMessage()).strip().replaceAll("\\s*\\R\\s*", " ");
  }
}
