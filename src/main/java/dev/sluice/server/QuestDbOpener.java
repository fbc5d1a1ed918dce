package dev.sluice.server;

import dev.sluice.config.Redaction;
import dev.sluice.migration.cutover.ProvenTables;
import dev.sluice.settings.Mode;
import dev.sluice.settings.Settings;
import dev.sluice.store.StoreSchema;
import dev.sluice.store.questdb.QuestDbCheckup;
import dev.sluice.store.questdb.QuestDbConfig;
import dev.sluice.store.questdb.QuestDbKeys;
import dev.sluice.store.questdb.QuestDbMarks;
import dev.sluice.store.questdb.QuestDbSchema;
import dev.sluice.store.questdb.engine.EmbeddedQuestDb;
import dev.sluice.store.questdb.engine.QuestDbSink;
import dev.sluice.store.questdb.remote.RemoteQuestDb;
import dev.sluice.store.questdb.remote.RemoteQuestDbSink;
import dev.sluice.store.questdb.remote.RemoteSuspensionWatch;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Opens the new store, when the process starts or while it runs. Used by one thread at a time. An
 * embedded engine stays open when its store leaves; a store that joins again reuses it.
 */
final class QuestDbOpener {
  private final QuestDbConfig config;
  private final Mode mode;
  private final ProvenTables tables;
  private final EmbeddedServers servers;

  /**
   * @param tables checked repeatedly before writes to a remote server, and before the first write
   *     after a failure; an engine in this process cannot be swapped, so it needs no such call
   * @param servers has the engine, if it is to be in this process
   */
  QuestDbOpener(Settings settings, Mode mode, ProvenTables tables, EmbeddedServers servers) {
    this.config = settings.questDb();
    this.mode = mode;
    this.tables = tables;
    this.servers = servers;
  }

  /**
   * Opens the store when the process starts.
   *
   * @throws StartException if it must not be written to; nothing but the engine is left open
   */
  StoreParts open() throws StartException {
    try {
      return open(schema -> SchemaCheck.atStart(schema, mode));
    } catch (IOException e) {
      throw new StartException(String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * Opens the store while Sluice runs, and migrates its schema.
   *
   * @throws IOException if it cannot be used; nothing but the engine is left open
   */
  StoreParts join() throws IOException {
    return open(SchemaCheck::whenJoining);
  }

  /** Decides whether a store with this schema may be opened. */
  @FunctionalInterface
  private interface SchemaRule {
    /** Why it may not; empty if it may. */
    Optional<String> objection(StoreSchema schema);
  }

  private StoreParts open(SchemaRule rule) throws IOException {
    return switch (config.mode()) {
      case EMBEDDED -> embedded(rule);
      case REMOTE -> remote(rule);
    };
  }

  private StoreParts embedded(SchemaRule rule) throws IOException {
    EmbeddedQuestDb database = servers.questDb(config);
    QuestDbSchema schema = new QuestDbSchema(database.sql()::execute, database.sql()::query);
    require(rule.objection(schema));
    Stop closing = new Stop();
    QuestDbSink sink = new QuestDbSink(database, config);
    closing.first("close QuestDB's writer", sink::close);
    ClosableSink chunks = new ClosableSink(new QuestDbSink(database, config));
    closing.first("close QuestDB's second writer", chunks::close);
    Map<String, String> urls = new LinkedHashMap<>();
    if (config.consolePort() != 0) {
      urls.put("console", "http://127.0.0.1:" + config.consolePort());
    }
    if (config.pgPort() != 0) {
      urls.put(
          "pg",
          "postgresql://%s@127.0.0.1:%d/qdb"
              .formatted(QuestDbConfig.CONSOLE_USER, config.pgPort()));
    }
    if (config.hasServers()) {
      urls.put(
          "console-password",
          config.consolePassword().isPresent()
              ? QuestDbKeys.CONSOLE_PASSWORD.name()
              : config.consolePasswordFile().toString());
    }
    return new StoreParts(
        sink,
        database.readings(),
        schema,
        new QuestDbCheckup(database.sql(), config.mode()),
        new StoreParts.Next(
            database.scan(), database.mirror(), chunks, QuestDbMarks.embedded(database.sql())),
        StoreParts.Warning.NONE,
        urls,
        closing);
  }

  private StoreParts remote(SchemaRule rule) throws IOException {
    RemoteQuestDb database = new RemoteQuestDb(config);
    QuestDbSchema schema = new QuestDbSchema(database::execute, database::query);
    try {
      require(rule.objection(schema));
    } catch (IOException e) {
      database.close();
      throw e;
    }
    Stop closing = new Stop();
    closing.first("close QuestDB", database::close);
    RemoteSuspensionWatch watch = RemoteSuspensionWatch.start(database);
    closing.first("stop watching QuestDB's table", watch::close);
    CheckedTable check = new CheckedTable(tables, RunningStores.NAMES.next(), schema);
    RemoteQuestDbSink sink = new RemoteQuestDbSink(database, config, check);
    closing.first("close QuestDB's writer", sink::close);
    ClosableSink chunks = new ClosableSink(new RemoteQuestDbSink(database, config, check));
    closing.first("close QuestDB's second writer", chunks::close);
    return new StoreParts(
        sink,
        database.readings(),
        schema,
        new QuestDbCheckup(database, config.mode()),
        new StoreParts.Next(
            database.scan(), database.mirror(), chunks, QuestDbMarks.remote(database)),
        StoreParts.Warning.NONE,
        Map.of("questdb", Redaction.of(config.url())),
        closing);
  }

  private static void require(Optional<String> problem) throws IOException {
    if (problem.isPresent()) {
      throw new IOException(problem.orElseThrow());
    }
  }
}
