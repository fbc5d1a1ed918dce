package dev.sluice.store.questdb.engine;

import dev.sluice.store.questdb.QuestDbConfig;
import io.questdb.BuildInformationHolder;
import io.questdb.PropServerConfiguration;
import io.questdb.ServerConfigurationException;
import io.questdb.cutlass.json.JsonException;
import io.questdb.log.LogFactory;
import io.questdb.std.datetime.microtime.MicrosecondClockImpl;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/** The QuestDB settings that Sluice overrides; everything else keeps QuestDB's default. */
final class EngineSettings {
  private static final int WAL_PAGE_BYTES = 16 << 20;
  private static final int WAL_SEGMENT_ROWS = 2_000_000;
  private static final int WAL_SEGMENT_BYTES = 256 << 20;
  private static final int PARTITION_SPLIT_BYTES = 4 << 20;

  private static final int POOLED_OF_QUERY = 64;

  /** A pooled reader keeps this many partitions, the latest, open for the next query. */
  static final int POOLED_PARTITIONS = 64;

  private static final int CONSOLE_CONNECTIONS = 32;

  /** 0700; the engine takes it as a decimal number. */
  private static final String PRIVATE_FOLDER = String.valueOf(0700);

  private EngineSettings() {}

  /** Ignores {@code server.conf} and {@code QDB_} variables: Sluice's keys decide. */
  static PropServerConfiguration of(QuestDbConfig config, Mappings mappings, ConsoleLogin login)
      throws IOException {
    Properties properties = new Properties();
    // Contract 6: a commit is synced before it returns, and applied data before its WAL is purged.
    properties.put("cairo.commit.mode", "sync");
    // Each page of a synced WAL is synced when it is full, while the delivery thread waits.
    properties.put("cairo.wal.writer.data.append.page.size", String.valueOf(WAL_PAGE_BYTES));
    properties.put("cairo.wal.segment.rollover.row.count", String.valueOf(WAL_SEGMENT_ROWS));
    properties.put("cairo.wal.segment.rollover.size", String.valueOf(WAL_SEGMENT_BYTES));
    // Sensors being what they are, readings of one commit may be older than some of the previous
    // commit. The engine then rewrites the part of the day they fall into: all of it, unless it may
    // split that.
    properties.put("cairo.o3.partition.split.min.size", String.valueOf(PARTITION_SPLIT_BYTES));
    // Each SQL compiler keeps the parts of a query for the next one: with QuestDB's defaults
    // 800,000 objects in all, which every collection of the whole heap marks. The pools grow when
    // needed.
    for (String kind : List.of("column", "expression", "lexer", "model")) {
      properties.put("cairo." + kind + ".pool.capacity", String.valueOf(POOLED_OF_QUERY));
    }
    properties.put("cairo.inactive.reader.max.open.partitions", String.valueOf(POOLED_PARTITIONS));
    properties.put("telemetry.enabled", "false");
    properties.put("telemetry.disable.completely", "true");
    properties.put("cairo.mat.view.enabled", "false");
    properties.put("cairo.mkdir.mode", PRIVATE_FOLDER);
    properties.put("cairo.detached.mkdir.mode", PRIVATE_FOLDER);
    properties.put("cairo.sql.copy.root", "");
    properties.put("cairo.sql.copy.export.root", "");
    properties.put("http.min.enabled", "false");
    properties.put("line.http.enabled", "false");
    properties.put("line.tcp.enabled", "false");
    properties.put("line.udp.enabled", "false");
    properties.put("http.enabled", String.valueOf(config.consolePort() != 0));
    properties.put("http.bind.to", "127.0.0.1:" + config.consolePort());
    properties.put("http.security.readonly", "true");
    properties.put("http.settings.readonly", "true");
    properties.put("http.health.check.authentication.required", "true");
    properties.put("http.server.cookies.enabled", "false");
    properties.put("http.net.connection.limit", String.valueOf(CONSOLE_CONNECTIONS));
    properties.put("pg.enabled", String.valueOf(config.pgPort() != 0));
    properties.put("pg.net.bind.to", "127.0.0.1:" + config.pgPort());
    properties.put("pg.security.readonly", "true");
    properties.put("pg.user", login.user());
    properties.put("pg.password", login.password());
    properties.put("pg.readonly.user.enabled", "false");
    properties.put("pg.net.connection.limit", String.valueOf(CONSOLE_CONNECTIONS));
    if (config.consolePort() != 0) {
      new ConsoleSite(config.directory()).unpackMediaTypes();
    }
    return build(config.directory(), properties, mappings, login);
  }

  private static PropServerConfiguration build(
      Path root, Properties properties, Mappings mappings, ConsoleLogin login) throws IOException {
    try {
      return new PropServerConfiguration(
          root.toString(),
          properties,
          Map.of(),
          LogFactory.getLog("sluice"),
          new BuildInformationHolder(PropServerConfiguration.class),
          new EngineFiles(mappings),
          MicrosecondClockImpl.INSTANCE,
          ConsoleDoors.of(login));
    } catch (ServerConfigurationException | JsonException e) {
      throw new IOException("QuestDB refuses its configuration: " + e.getMessage(), e);
    }
  }
}
