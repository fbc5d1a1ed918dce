package dev.sluice.schema;

import com.mysql.cj.jdbc.MysqlDataSource;
import dev.sluice.schema.MigrationInfo.State;
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
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationState;
import org.flywaydb.core.api.output.BaselineResult;
import org.flywaydb.core.api.output.RepairResult;
import org.jspecify.annotations.Nullable;

/**
 * The migrations of MySQL, run by Flyway from the class path with the settings of {@code
 * migrations/flyway-mysql.conf}, the file that the stock Flyway tool is given too. Immutable and
 * thread-safe; two runs at once wait for each other on a lock in the store.
 *
 * <p>A {@code sensor_data} table that is older than Sluice is adopted with its rows, unless its
 * columns are not those of V1: then nothing is touched.
 */
public final class MysqlSchema implements StoreSchema {
  private static final String STORE = "mysql";
  private static final String SETTINGS = "migrations/flyway-mysql.conf";
  private static final String MIGRATIONS = "classpath:migrations/mysql";
  private static final int CONNECT_TIMEOUT_MS = 10_000;

  /** For questions, whose answer takes no time; a migration may take hours. */
  private static final int ANSWER_TIMEOUT_MS = 10_000;

  private final DataSource dataSource;
  private final Flyway flyway;

  /** Without a limit on the time of a statement. */
  private final Flyway patientFlyway;

  /** Connects to nothing yet. */
  public MysqlSchema(String url, String user, String password) {
    this(url, user, password, MIGRATIONS);
  }

  MysqlSchema(String url, String user, String password, String location) {
    dataSource = dataSource(url, user, password, ANSWER_TIMEOUT_MS);
    flyway = flyway(dataSource, location);
    patientFlyway = flyway(dataSource(url, user, password, 0), location);
  }

  @Override
  public SchemaState state() {
    try {
      Optional<String> foreign = foreign();
      if (foreign.isPresent()) {
        return new SchemaState.Foreign(STORE, foreign.get());
      }
      SchemaState state = state(migrations());
      return state instanceof SchemaState.UpToDate ? orSpoilt(state) : state;
    } catch (SQLException | FlywayException e) {
      return new SchemaState.Unreachable(STORE, reason(e));
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
      case SchemaState.Unreachable unreachable -> refused(unreachable);
    };
  }

  @Override
  public List<String> repair() throws IOException {
    try {
      RepairResult result = flyway.repair();
      List<String> done = new ArrayList<>();
      result.migrationsRemoved.forEach(m -> done.add("forgot failed V" + m.version));
      result.migrationsAligned.forEach(m -> done.add("took on the checksum of V" + m.version));
      result.migrationsDeleted.forEach(m -> done.add("marked as deleted V" + m.version));
      return done;
    } catch (FlywayException e) {
      throw new IOException("mysql schema: cannot be repaired: " + reason(e), e);
    }
  }

  @Override
  public List<String> baseline() throws IOException {
    try {
      Optional<String> foreign = foreign();
      if (foreign.isPresent()) {
        throw new IOException("mysql schema: " + foreign.get());
      }
      try (Connection connection = dataSource.getConnection()) {
        if (AdoptedTable.exists(connection, historyTable())) {
          return List.of();
        }
      }
      BaselineResult result = flyway.baseline();
      return List.of("began the history " + historyTable() + " at V" + result.baselineVersion);
    } catch (SQLException | FlywayException e) {
      throw new IOException("mysql schema: no baseline: " + reason(e), e);
    }
  }

  private MigrateResult apply(List<MigrationInfo> pending) {
    try {
      patientFlyway.migrate();
    } catch (FlywayException e) {
      return new MigrateResult.Failed(
          "mysql schema: migrating stopped: "
              + reason(e)
              + "; remove the cause, then run: ./sluice migrate");
    }
    return new MigrateResult.Migrated(pending);
  }

  /** Each file may be run again after a failure, so forgetting the failed entry is enough. */
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

  private Optional<String> foreign() throws SQLException {
    try (Connection connection = dataSource.getConnection()) {
      return AdoptedTable.exists(connection, historyTable())
          ? Optional.empty()
          : AdoptedTable.mismatch(connection);
    }
  }

  /** History tells what was done, not what is still there. */
  private SchemaState orSpoilt(SchemaState upToDate) throws SQLException {
    try (Connection connection = dataSource.getConnection()) {
      return AdoptedTable.keepsIdentities(connection)
          ? upToDate
          : new SchemaState.Foreign(
              STORE,
              "every migration was applied, but table sensor_data is gone or has lost its unique"
                  + " key sensor_data_identity; restore it from a backup, or add the key as"
                  + " migrations/mysql/V4 does, or, to begin with an empty table, drop or rename"
                  + " what is left of it, DROP TABLE "
                  + historyTable()
                  + ", then run: ./sluice migrate");
    }
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

  /** Flyway has no checksum for what it did not find as a file. */
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

  private static SchemaState state(List<MigrationInfo> all) {
    List<MigrationInfo> changed = with(all, State.CHANGED, State.FAILED);
    if (!changed.isEmpty()) {
      return new SchemaState.Changed(STORE, changed);
    }
    List<MigrationInfo> unknown = with(all, State.UNKNOWN);
    if (!unknown.isEmpty()) {
      return new SchemaState.Ahead(STORE, unknown);
    }
    List<MigrationInfo> pending = with(all, State.PENDING);
    return pending.isEmpty()
        ? new SchemaState.UpToDate(STORE, all.getLast().version())
        : new SchemaState.Pending(STORE, pending);
  }

  private static List<MigrationInfo> with(List<MigrationInfo> all, State... states) {
    return all.stream().filter(m -> List.of(states).contains(m.state())).toList();
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

  /** Flyway's messages have a heading and a table; the last cause says it in a line. */
  private static String reason(Exception e) {
    Throwable cause = e;
    while (cause.getCause() != null && !(cause instanceof SQLException)) {
      cause = cause.getCause();
    }
    return String.valueOf(cause.getMessage()).strip().replaceAll("\\s*\\R\\s*", " ");
  }
}
