package dev.sluice;

import com.zaxxer.hikari.metrics.MetricsTrackerFactory;
import com.zaxxer.hikari.metrics.micrometer.MicrometerMetricsTrackerFactory;
import dev.sluice.config.Mode;
import dev.sluice.config.Redaction;
import dev.sluice.config.Settings;
import dev.sluice.schema.MigrateResult;
import dev.sluice.schema.MysqlSchema;
import dev.sluice.schema.QuestDbSchema;
import dev.sluice.schema.SchemaState;
import dev.sluice.schema.StoreSchema;
import dev.sluice.sink.mysql.EmbeddedMysql;
import dev.sluice.sink.mysql.MysqlConfig;
import dev.sluice.sink.mysql.MysqlReadings;
import dev.sluice.sink.mysql.MysqlSink;
import dev.sluice.sink.questdb.EmbeddedQuestDb;
import dev.sluice.sink.questdb.QuestDbConfig;
import dev.sluice.sink.questdb.QuestDbReadings;
import dev.sluice.sink.questdb.QuestDbSink;
import dev.sluice.sink.questdb.RemoteQuestDb;
import dev.sluice.sink.questdb.RemoteQuestDbSink;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens the stores and looks at their schema: {@code up} migrates them, {@code serve} refuses to
 * start on a pending or changed migration. A store that does not answer is no reason not to start:
 * an ack does not depend on it, and its schema is looked at again before anything is written.
 */
final class StoreOpener {
  private static final Logger LOG = LoggerFactory.getLogger(StoreOpener.class);

  private final Settings settings;
  private final Mode mode;
  private final MeterRegistry metrics;
  private final Stop stop;

  StoreOpener(Settings settings, Mode mode, MeterRegistry metrics, Stop stop) {
    this.settings = settings;
    this.mode = mode;
    this.metrics = metrics;
    this.stop = stop;
  }

  Store mysql() throws StartException {
    MysqlConfig config = mysqlConfig();
    MysqlSchema schema = new MysqlSchema(config.url(), config.user(), config.password());
    prepare(schema);
    Optional<MetricsTrackerFactory> poolMetrics =
        Optional.of(new MicrometerMetricsTrackerFactory(metrics));
    MysqlSink sink = new MysqlSink(config, () -> schema.state().problem(), poolMetrics);
    stop.first("close MySQL", sink::close);
    MysqlReadings source = new MysqlReadings(config, poolMetrics);
    stop.first("close MySQL reads", source::close);
    return new Store(sink, source, Map.of("mysql", Redaction.of(config.url())));
  }

  Store questDb() throws StartException {
    QuestDbConfig config = settings.questDb();
    return switch (config.mode()) {
      case EMBEDDED -> embedded(config);
      case REMOTE -> remote(config);
    };
  }

  private MysqlConfig mysqlConfig() throws StartException {
    Optional<MysqlConfig> configured = settings.mysql();
    if (configured.isPresent()) {
      return configured.orElseThrow();
    }
    if (mode != Mode.UP) {
      throw new StartException(
          "mysql.url is not set, and the phase in force, kept in "
              + settings.dataDirectory()
              + ", writes MySQL: set mysql.url");
    }
    try {
      EmbeddedMysql server =
          EmbeddedMysql.start(settings.dataDirectory().resolve("mysql"), LOG::info);
      stop.first("stop the private MySQL server", server::close);
      return settings.mysqlAt(server.url(), server.user(), server.password());
    } catch (EmbeddedMysql.UnavailableException e) {
      throw new StartException(String.valueOf(e.getMessage()), e);
    }
  }

  private Store embedded(QuestDbConfig config) throws StartException {
    EmbeddedQuestDb database;
    try {
      database = EmbeddedQuestDb.open(config);
    } catch (IOException e) {
      throw new StartException(String.valueOf(e.getMessage()), e);
    }
    stop.first("close QuestDB", database::close);
    prepare(new QuestDbSchema(database.sql()::execute, database.sql()::query));
    QuestDbSink sink = new QuestDbSink(database, config);
    stop.first("close QuestDB's writer", sink::close);
    Map<String, String> urls = new LinkedHashMap<>();
    if (config.consolePort() != 0) {
      urls.put("console", "http://127.0.0.1:" + config.consolePort());
    }
    if (config.pgPort() != 0) {
      urls.put("pg", "postgresql://127.0.0.1:" + config.pgPort() + "/qdb");
    }
    return new Store(sink, QuestDbReadings.of(database), urls);
  }

  private Store remote(QuestDbConfig config) throws StartException {
    RemoteQuestDb database = new RemoteQuestDb(config);
    stop.first("close QuestDB", database::close);
    QuestDbSchema schema = new QuestDbSchema(database::execute, database::query);
    prepare(schema);
    RemoteQuestDbSink sink =
        new RemoteQuestDbSink(database, config, () -> schema.state().problem());
    stop.first("close QuestDB's writer", sink::close);
    return new Store(
        sink, QuestDbReadings.of(database), Map.of("questdb", Redaction.of(config.url())));
  }

  private void prepare(StoreSchema schema) throws StartException {
    if (mode == Mode.UP && schema.migrate() instanceof MigrateResult.Failed(String reason)) {
      throw new StartException(reason);
    }
    requireMigrated(schema.state());
  }

  private static void requireMigrated(SchemaState state) throws StartException {
    Optional<String> problem = state.problem();
    if (problem.isEmpty()) {
      return;
    }
    if (!(state instanceof SchemaState.Unreachable)) {
      throw new StartException(problem.orElseThrow());
    }
    LOG.warn("Starting without it: {}", problem.orElseThrow());
  }
}
