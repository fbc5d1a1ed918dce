package dev.sluice.admin;

import dev.sluice.api.BackfillStatus;
import dev.sluice.http.RawHttp.Answer;
import dev.sluice.http.auth.TokenAuth;
import dev.sluice.migration.MigrationRig;
import dev.sluice.migration.SteppedClock;
import dev.sluice.migration.Successor;
import dev.sluice.migration.Truth;
import dev.sluice.migration.VisibleLag;
import dev.sluice.migration.backfill.BackfillConfig;
import dev.sluice.migration.backfill.HistoryBackfill;
import dev.sluice.reading.Reading;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.awaitility.Awaitility;

/** A real backfill of a table in memory, behind its port. Confined to the test's thread. */
final class BackfillWorld implements AutoCloseable {
  static final int ROWS = 400;

  private static final String PATH = "/v1/backfill";
  private static final int CHUNK_ROWS = 20;

  final SteppedClock clock = new SteppedClock();
  final MigrationRig rig;
  final HistoryBackfill backfill;

  /** Why MySQL's rows must not be copied. */
  volatile Optional<String> objection = Optional.empty();

  private final Semaphore mayGoOn = new Semaphore(0);
  private final AdminPort port;

  BackfillWorld(Path data) throws IOException {
    Files.createDirectories(data);
    rig = new MigrationRig(data);
    rig.start();
    for (int i = 0; i < ROWS; i++) {
      rig.mysql.put(new Reading("s-" + i % 7, "temp", 1_000L * i, i));
    }
    backfill =
        new HistoryBackfill(
            new BackfillConfig(
                data.resolve("backfill"),
                CHUNK_ROWS,
                0,
                Duration.ofDays(1),
                Duration.ofDays(1),
                25,
                Map.of()),
            rig,
            () -> Duration.ZERO,
            new VisibleLag(rig, () -> 0),
            clock,
            new Truth() {
              @Override
              public boolean isMysql() {
                return true;
              }

              @Override
              public Optional<String> copyObjection() {
                return objection;
              }
            },
            Successor.NOBODY);
    port =
        new AdminPort(
            new BackfillRoutes(
                () -> Optional.of(backfill), TokenAuth.everybody(), AdminPort.audit()));
  }

  Answer show() {
    return port.get(PATH);
  }

  Answer post(String body) {
    return port.post(PATH, body);
  }

  Answer act(String action) {
    return post("{'action':'" + action + "'}");
  }

  /** The table's answer is held back when it is asked this for the nth time; see {@link #goOn}. */
  CountDownLatch holdAt(String step, int nth) {
    AtomicInteger times = new AtomicInteger();
    CountDownLatch held = new CountDownLatch(1);
    rig.mysql.fault =
        each -> {
          if (each.equals(step) && times.incrementAndGet() == nth) {
            held.countDown();
            mayGoOn.acquireUninterruptibly();
          }
        };
    return held;
  }

  void goOn() {
    mayGoOn.release();
  }

  void awaitState(String state) {
    await(status -> status.state().equals(state));
  }

  /**
   * Waits for this end, and for that of the thread that came to it: until then there may be a rate,
   * and no reason yet.
   */
  void awaitEnd(String state) {
    await(status ->
        status.state().equals(state)
            && status.rowsPerSecond() == 0
            && status.etaSeconds() == null
            && (status.why() == null) == state.equals("complete"));
  }

  /** Waits until there is a rate, and so an estimate. */
  void awaitEta() {
    await(status -> status.etaSeconds() != null);
  }

  private void await(Predicate<BackfillStatus> condition) {
    Awaitility.await().until(() -> condition.test(backfill.status()));
  }

  @Override
  public void close() {
    mayGoOn.release(100);
    port.close();
    backfill.close();
    rig.close();
  }
}
