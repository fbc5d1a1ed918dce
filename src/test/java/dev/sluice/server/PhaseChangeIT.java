package dev.sluice.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.config.SettingsException;
import dev.sluice.config.Sources;
import dev.sluice.delivery.Delivery;
import dev.sluice.delivery.DeliveryStatus;
import dev.sluice.ingest.NewDays;
import dev.sluice.journal.Lease;
import dev.sluice.journal.Mark;
import dev.sluice.journal.disk.DiskJournal;
import dev.sluice.migration.Successor;
import dev.sluice.migration.cutover.ProvenTables;
import dev.sluice.migration.parity.ParityMap;
import dev.sluice.migration.phase.Phase;
import dev.sluice.migration.phase.Role;
import dev.sluice.reading.Reading;
import dev.sluice.settings.Mode;
import dev.sluice.settings.Settings;
import dev.sluice.store.ReadingQuery;
import dev.sluice.store.ReadingSource;
import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.store.mysql.MysqlFixture;
import dev.sluice.testing.Ledger;
import dev.sluice.testing.TestMysql;
import dev.sluice.testing.TestPorts;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real stores that come and go while the journal takes appends. */
@Tag("mysql")
class PhaseChangeIT {
  private static final long FIRST_TS = 1_795_300_000_000_000L;

  @TempDir Path directory;

  private final PrometheusMeterRegistry metrics =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final int pgPort = TestPorts.free();
  private final Ledger all = new Ledger();

  /** Appended after the moment the last join had returned. */
  private volatile Ledger sinceJoin = new Ledger();

  private final AtomicLong nextTs = new AtomicLong(FIRST_TS);
  private TestMysql mysql;
  private DiskJournal journal;
  private RunningStores stores;
  private EmbeddedServers servers;

  @BeforeEach
  void startInPhaseMysql() throws Exception {
    mysql = MysqlFixture.migrated();
    start(Phase.MYSQL);
  }

  @AfterEach
  void stop() throws InterruptedException {
    stores.stopDelivery(System.nanoTime() + Duration.ofSeconds(10).toNanos());
    stores.close();
    servers.close();
    journal.close();
  }

  @Test
  void questDbJoinsLeavesAndJoinsAgainUnderLoad() throws Exception {
    AtomicBoolean stopped = new AtomicBoolean();
    List<Thread> load = List.of(load(stopped), load(stopped));
    awaitDelivered("mysql", 2_000);
    assertThat(metrics.scrape()).doesNotContain("sink=\"questdb\"");

    join();
    awaitDelivered("questdb", 2_000);
    assertNothingIsMissing("mysql", "questdb");
    assertThat(metrics.scrape())
        .contains("sluice_sink_delivered_readings_total{sink=\"questdb\"}")
        .contains("sluice_sink_up{sink=\"questdb\"} 1");

    stores.leave(Role.NEXT);
    assertThat(stores.deliveries()).containsOnlyKeys("mysql");
    assertThat(stores.pair()).isEmpty();
    assertThat(metrics.scrape()).doesNotContain("sink=\"questdb\"").contains("sink=\"mysql\"");
    assertThatThrownBy(() -> readOne(stores.source("questdb")))
        .isInstanceOf(UnavailableException.class);
    awaitDelivered("mysql", delivery("mysql").status().delivered() + 5_000);

    join();
    awaitDelivered("questdb", 5_000);
    assertNothingIsMissing("mysql", "questdb");
    stopped.set(true);
    for (Thread thread : load) {
      thread.join();
    }

    settle("mysql", "questdb");
    assertNothingIsMissing("mysql", "questdb");
    all.assertKeptBy("MySQL", dev.sluice.testing.Stores.mysql(mysql));
    List<Reading> kept =
        dev.sluice.testing.Stores.questDb(
            URI.create("pg://sluice:open-sesame@127.0.0.1:" + pgPort));
    assertThat(kept).doesNotHaveDuplicates();
    assertThat(sinceJoin.acknowledgedCount()).isPositive();
    sinceJoin.assertKeptBy("QuestDB", withoutWhatCameBefore(kept));
  }

  @Test
  void mysqlLeavesForGoodAndHoldsNothingBack() throws Exception {
    restart(Phase.MIRROR);
    append(0, 3_000);
    settle("mysql", "questdb");
    ReadingSource source = stores.source("mysql");

    stores.leave(Role.LEGACY);

    append(3_000, 6_000);
    settle("questdb");
    assertNothingIsMissing("questdb");
    assertThat(stores.deliveries()).containsOnlyKeys("questdb");
    assertThatThrownBy(() -> readOne(source)).isInstanceOf(UnavailableException.class);
    assertThat(dev.sluice.testing.Stores.mysql(mysql)).hasSize(3_000);
    assertThat(journal.feed("mysql").kept().origin())
        .as("a forgotten cursor begins anew")
        .isEqualTo(journal.stats().firstOffset());
  }

  @Test
  void readsGoOnOrAreRefusedWhileQuestDbComesAndGoes() throws Exception {
    append(0, 2_000);
    AtomicBoolean stopped = new AtomicBoolean();
    AtomicLong answered = new AtomicLong();
    AtomicReference<Throwable> broken = new AtomicReference<>();
    List<Thread> readers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      readers.add(
          Thread.ofPlatform()
              .start(() -> {
                while (!stopped.get() && broken.get() == null) {
                  try {
                    readOne(stores.source("questdb"));
                    answered.incrementAndGet();
                    LockSupport.parkNanos(100_000); // leaves the processors to who joins
                  } catch (UnavailableException refused) {
                    LockSupport.parkNanos(1_000_000);
                  } catch (RuntimeException | Error e) {
                    broken.set(e);
                  }
                }
              }));
    }

    for (int i = 0; i < 5; i++) {
      long before = answered.get();
      join();
      append(2_000 + i, 2_001 + i);
      await().until(() -> broken.get() != null || answered.get() > before + 50);
      stores.leave(Role.NEXT);
    }
    stopped.set(true);
    for (Thread reader : readers) {
      reader.join();
    }

    assertThat(broken.get()).isNull();
  }

  @Test
  void goesOnFromItsOwnCursorAfterARestartWhereItHadJoined() throws Exception {
    append(0, 1_000);
    join();
    append(1_000, 2_000);
    settle("mysql", "questdb");
    long origin = delivery("questdb").origin();

    restart(Phase.MIRROR);
    append(2_000, 3_000);
    settle("mysql", "questdb");

    assertThat(origin).isEqualTo(1_000);
    assertThat(delivery("questdb").origin()).isEqualTo(origin);
    assertThat(delivery("questdb").status().delivered()).isEqualTo(2_000);
    assertNothingIsMissing("mysql", "questdb");
  }

  @Test
  void takesNoHarmFromACursorThatACrashLeftBehind() throws Exception {
    join();

    restart(Phase.MYSQL); // the phase that writes QuestDB was never kept
    append(0, 1_000);
    settle("mysql");
    join();
    append(1_000, 1_500);
    settle("mysql", "questdb");

    assertThat(delivery("questdb").origin()).isEqualTo(1_000);
    assertThat(delivery("questdb").status().delivered()).isEqualTo(500);
    assertNothingIsMissing("mysql", "questdb");
  }

  @Test
  void leavesNothingOpenWhereQuestDbCannotBeReached() throws Exception {
    restart(Phase.MYSQL, "questdb.mode=remote", "questdb.url=http://127.0.0.1:" + TestPorts.free());
    append(0, 100);

    assertThatThrownBy(stores::joinNext)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("questdb schema: cannot be read");

    settle("mysql");
    assertThat(stores.deliveries()).containsOnlyKeys("mysql");
    assertThat(stores.schemaProblem()).isEmpty();
  }

  @Test
  void appendsAsIngestDoes() throws Exception {
    restart(Phase.MIRROR);
    Reading canary = new Reading("sluice-canary", "canary", FIRST_TS, 1.5);

    Mark end = stores.append(canary);

    assertThat(journal.stats().nextOffset()).isEqualTo(1);
    assertThat(stores.journalEnd()).isEqualTo(end);
    settle("mysql", "questdb");
    assertThat(readAll(stores.source("mysql"), "sluice-canary")).containsExactly(canary);
    await().until(() -> readAll(stores.source("questdb"), "sluice-canary").equals(List.of(canary)));
  }

  private void restart(Phase phase, String... more) throws Exception {
    stop();
    start(phase, more);
  }

  private void start(Phase phase, String... more) throws Exception {
    Settings settings = settings(more);
    journal = DiskJournal.open(settings.journal(), InstantSource.system());
    ProvenTables tables =
        new ProvenTables(
            directory.resolve("cutover"),
            RunningStores.NAMES,
            Duration.ZERO,
            Successor.NOBODY,
            InstantSource.system());
    servers = new EmbeddedServers();
    stores =
        new RunningStores(
            settings,
            Mode.SERVE,
            journal,
            metrics,
            InstantSource.system(),
            tables,
            ParityMap.open(directory.resolve("verify"), Successor.NOBODY, InstantSource.system()),
            new NewDays(1_000, InstantSource.system()),
            servers,
            Optional.empty(),
            Lease.ALWAYS,
            Recall.NEEDLESS);
    if (phase.writes(Role.NEXT)) {
      // As ./sluice migrate does before serve.
      new QuestDbOpener(settings, Mode.UP, tables, servers).open().close();
    }
    stores.begin(phase);
    stores.open();
    stores.start();
  }

  private Settings settings(String... more) throws SettingsException {
    List<String> settings = new ArrayList<>();
    settings.add("data.dir=" + directory);
    settings.add("mysql.url=" + mysql.url());
    settings.add("mysql.user=" + mysql.user());
    settings.add("mysql.password=" + mysql.password());
    settings.add("journal.segment-bytes=1MiB");
    settings.add("questdb.console-port=0");
    settings.add("questdb.pg-port=" + pgPort);
    settings.add("questdb.console-password=open-sesame");
    settings.addAll(List.of(more));
    return Settings.load(
        Mode.SERVE,
        new Sources(Optional.empty(), directory.resolve("none.yaml"), Map.of(), settings));
  }

  /** On a virtual thread, as a request of the admin port does. */
  private void join() throws Exception {
    FutureTask<Void> joining =
        new FutureTask<>(() -> {
          stores.joinNext();
          return null;
        });
    Thread.startVirtualThread(joining);
    joining.get();
    sinceJoin = new Ledger();
  }

  /** Appends until told to stop; each reading is unique. */
  private Thread load(AtomicBoolean stopped) {
    return Thread.ofPlatform()
        .start(() -> {
          while (!stopped.get()) {
            Ledger ledger = sinceJoin;
            List<Reading> readings = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
              readings.add(reading(nextTs.incrementAndGet() - FIRST_TS));
            }
            for (Reading reading : readings) {
              try {
                stores.append(reading);
              } catch (IOException e) {
                throw new AssertionError(e);
              }
            }
            all.acknowledged(readings);
            ledger.acknowledged(readings);
          }
        });
  }

  private void append(int from, int to) throws IOException {
    for (int i = from; i < to; i++) {
      stores.append(reading(i));
    }
  }

  private static Reading reading(long number) {
    return new Reading("s-" + number % 100, "temp", FIRST_TS + number, number % 7);
  }

  /** What was acknowledged before the last join, or while it went on, may be there or not. */
  private List<Reading> withoutWhatCameBefore(List<Reading> kept) {
    sinceJoin.unknown(kept.stream().filter(all::hasAcknowledged).toList());
    return kept;
  }

  private Delivery delivery(String sink) {
    return Objects.requireNonNull(stores.deliveries().get(sink));
  }

  private void awaitDelivered(String sink, long readings) {
    await()
        .atMost(Duration.ofMinutes(2))
        .until(() -> delivery(sink).status().delivered() >= readings);
  }

  private void settle(String... sinks) throws InterruptedException {
    for (String sink : sinks) {
      assertThat(delivery(sink).awaitReached(stores.journalEnd(), Duration.ofSeconds(60)))
          .as(sink + " " + delivery(sink).status())
          .isTrue();
    }
  }

  private void assertNothingIsMissing(String... sinks) {
    for (String sink : sinks) {
      DeliveryStatus status = delivery(sink).status();
      assertThat(status.residue()).as(sink).isZero();
      assertThat(status.lost()).as(sink).isZero();
      assertThat(status.deadLetters()).as(sink).isZero();
    }
  }

  private static void readOne(ReadingSource source) throws UnavailableException {
    source.read(query("s-1", 1), reading -> {});
  }

  private static List<Reading> readAll(ReadingSource source, String device)
      throws UnavailableException {
    List<Reading> readings = new ArrayList<>();
    source.read(query(device, 100), readings::add);
    return readings;
  }

  private static ReadingQuery query(String device, int limit) {
    return new ReadingQuery(
        device, Optional.empty(), 0, Long.MAX_VALUE, false, Optional.empty(), limit);
  }
}
