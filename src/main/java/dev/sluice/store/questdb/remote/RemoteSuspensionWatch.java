package dev.sluice.store.questdb.remote;

import dev.sluice.store.WalStatus;
import dev.sluice.store.questdb.QuestDbTable;
import dev.sluice.store.questdb.ResumePause;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Resumes the readings table of a remote server when the server has suspended it, whether or not
 * readings arrive: the table may have been suspended at the last one before a lull. It continues at
 * the transaction that failed, so nothing is skipped. Its own thread checks once a second; a server
 * that does not answer is asked again.
 */
public final class RemoteSuspensionWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RemoteSuspensionWatch.class);
  private static final long CHECK_MS = 1_000;
  private static final Duration STOP_LIMIT = Duration.ofSeconds(5);

  private final RemoteQuestDb server;
  private final ResumePause resumes = new ResumePause();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread thread;

  private RemoteSuspensionWatch(RemoteQuestDb server) {
    this.server = server;
    this.thread = Thread.ofVirtual().name("questdb-suspension-watch").unstarted(this::run);
  }

  /**
   * Starts watching, until closed.
   *
   * @param server must be closed after this
   */
  public static RemoteSuspensionWatch start(RemoteQuestDb server) {
    RemoteSuspensionWatch watch = new RemoteSuspensionWatch(server);
    watch.thread.start();
    return watch;
  }

  private void run() {
    try {
      while (!closed.await(CHECK_MS, TimeUnit.MILLISECONDS)) {
        try {
          check();
        } catch (IOException e) {
          LOG.debug("QuestDB's table cannot be watched now: {}", e.getMessage());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // closed
    }
  }

  private void check() throws IOException {
    Optional<WalStatus> status = server.status();
    if (status.isEmpty()) {
      return;
    }
    WalStatus now = status.orElseThrow();
    if (!now.suspended()) {
      resumes.healthy(now.writerTxn());
    } else if (resumes.due(System.nanoTime(), now.writerTxn())) {
      LOG.warn("{}", QuestDbTable.suspended(now));
      resume();
    }
  }

  private void resume() {
    try {
      server.execute(QuestDbTable.RESUME);
    } catch (IOException e) {
      LOG.warn("QuestDB did not resume table {}: {}", QuestDbTable.NAME, e.getMessage());
    }
  }

  @Override
  public void close() {
    closed.countDown();
    thread.interrupt();
    try {
      if (!thread.join(STOP_LIMIT)) {
        LOG.warn("The watch of QuestDB's table did not end within {}", STOP_LIMIT);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
