package dev.sluice.server;

import com.zaxxer.hikari.metrics.MetricsTrackerFactory;
import com.zaxxer.hikari.metrics.micrometer.MicrometerMetricsTrackerFactory;
import dev.sluice.config.Redaction;
import dev.sluice.migration.cutover.ProvenTables;
import dev.sluice.settings.Mode;
import dev.sluice.settings.Settings;
import dev.sluice.store.mysql.MysqlCheckup;
import dev.sluice.store.mysql.MysqlConfig;
import dev.sluice.store.mysql.MysqlHistory;
import dev.sluice.store.mysql.MysqlReadings;
import dev.sluice.store.mysql.MysqlScan;
import dev.sluice.store.mysql.MysqlSchema;
import dev.sluice.store.mysql.MysqlSink;
import dev.sluice.store.mysql.OtherWriters;
import dev.sluice.store.mysql.WriterMark;
import dev.sluice.store.mysql.embedded.EmbeddedMysql;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.Optional;

/**
 * Opens the legacy store. Under {@code up} without {@code mysql.url}, that is a private server.
 * Used by one thread at a time.
 */
final class MysqlOpener {
  private final Settings settings;
  private final Mode mode;
  private final MeterRegistry metrics;
  private final ProvenTables tables;
  private final EmbeddedServers servers;
  private final Optional<WriterMark> mark;

  /**
   * @param tables checked before the first write and before the first write after a failure
   * @param servers has the private server, if that is the store
   * @param mark of this process, if other nodes may write to the store in its place
   */
  MysqlOpener(
      Settings settings,
      Mode mode,
      MeterRegistry metrics,
      ProvenTables tables,
      EmbeddedServers servers,
      Optional<WriterMark> mark) {
    this.settings = settings;
    this.mode = mode;
    this.metrics = metrics;
    this.tables = tables;
    this.servers = servers;
    this.mark = mark;
  }

  /**
   * Opens the store when the process starts.
   *
   * @throws StartException if it must not be written to; nothing is left open
   */
  StoreParts open() throws StartException {
    return open(true);
  }

  /** Likewise, to deliver beside other nodes: that they write the same table is meant. */
  StoreParts openBesideOthers() throws StartException {
    return open(false);
  }

  private StoreParts open(boolean alone) throws StartException {
    MysqlConfig config = config();
    MysqlSchema schema = new MysqlSchema(config.url(), config.user(), config.password());
    Optional<String> objection = SchemaCheck.atStart(schema, mode);
    if (objection.isPresent()) {
      throw new StartException(objection.orElseThrow());
    }
    Optional<MetricsTrackerFactory> poolMetrics =
        Optional.of(new MicrometerMetricsTrackerFactory(metrics));
    Stop closing = new Stop();
    CheckedTable check = new CheckedTable(tables, RunningStores.NAMES.legacy(), schema);
    MysqlSink sink = new MysqlSink(config, check, poolMetrics, mark, alone);
    closing.first("close MySQL", sink::close);
    MysqlReadings source = new MysqlReadings(config, poolMetrics);
    closing.first("close MySQL reads", source::close);
    StoreParts.Warning warning = StoreParts.Warning.NONE;
    if (alone) {
      OtherWriters others = new OtherWriters(config);
      others.start();
      closing.first("stop watching for other writers to MySQL", others::close);
      warning = others::warning;
    }
    return new StoreParts(
        sink,
        source,
        schema,
        new MysqlCheckup(config),
        part(config, poolMetrics, closing),
        warning,
        Map.of("mysql", Redaction.of(config.url())),
        closing);
  }

  private StoreParts.Legacy part(
      MysqlConfig config, Optional<MetricsTrackerFactory> poolMetrics, Stop closing) {
    MysqlHistory history = new MysqlHistory(config, settings.maxAhead(), poolMetrics);
    closing.first("close MySQL's history", history::close);
    MysqlScan scan = new MysqlScan(config, poolMetrics);
    closing.first("close MySQL's scan", scan::close);
    return new StoreParts.Legacy(scan, history, history);
  }

  private MysqlConfig config() throws StartException {
    Optional<MysqlConfig> configured = settings.mysql();
    if (configured.isPresent()) {
      return configured.orElseThrow();
    }
    if (mode != Mode.UP) {
      throw new StartException(
          "mysql.url is not set, but the phase in force, kept in "
              + settings.dataDirectory()
              + ", writes MySQL: set mysql.url");
    }
    try {
      EmbeddedMysql started = servers.mysql(settings.dataDirectory().resolve("mysql"));
      return settings.mysqlAt(started.url(), started.user(), started.password());
    } catch (EmbeddedMysql.UnavailableException e) {
      throw new StartException(String.valueOf(e.getMessage()), e);
    }
  }
}
