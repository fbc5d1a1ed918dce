package dev.sluice.store.questdb.engine;

import io.questdb.log.LogFactory;
import io.questdb.log.LogLevel;
import io.questdb.log.LogRecordUtf8Sink;
import io.questdb.log.LogWriter;
import io.questdb.mp.RingQueue;
import io.questdb.mp.SCSequence;
import io.questdb.mp.SynchronizedJob;
import java.io.PrintStream;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Forwards QuestDB's log lines of level error and above to SLF4J, instead of to stdout; errors at
 * most a few a second, and none about requests that its console refused. QuestDB creates it by
 * reflection from {@code log.conf} and runs it on its single logging thread; there is one log
 * factory per JVM.
 */
public final class EngineLog extends SynchronizedJob implements LogWriter {
  private static final Logger LOG = LoggerFactory.getLogger("questdb");

  /** How a line begins about a request that was answered with 401, 404 or the like. */
  private static final String REFUSED_REQUEST = "i.q.c.h.p.RejectProcessorImpl";

  private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final int MOST_A_SECOND = 5;

  private final RingQueue<LogRecordUtf8Sink> ring;
  private final SCSequence lines;
  private final int levels;
  private long secondNanos = System.nanoTime();
  private int inSecond;
  private long leftOut;

  /** The constructor QuestDB looks up. */
  public EngineLog(RingQueue<LogRecordUtf8Sink> ring, SCSequence lines, int levels) {
    this.ring = ring;
    this.lines = lines;
    this.levels = levels;
  }

  /** Must run before any class of QuestDB asks for its logger; leaves a {@code -Dout} alone. */
  static void install() {
    if (System.getProperty(LogFactory.CONFIG_SYSTEM_PROPERTY) == null) {
      System.setProperty(
          LogFactory.CONFIG_SYSTEM_PROPERTY, "/dev/sluice/store/questdb/engine/log.conf");
      PrintStream err = System.err;
      System.setErr(new WithoutItsOrigin(err));
      try {
        LogFactory.getInstance();
      } finally {
        System.setErr(err);
      }
    }
  }

  /** Passes everything on, except for QuestDB's line about where its log is configured. */
  private static final class WithoutItsOrigin extends PrintStream {
    private static final String ORIGIN = "Log configuration loaded ";

    WithoutItsOrigin(PrintStream err) {
      super(err, true, err.charset());
    }

    @Override
    public void println(@Nullable String line) {
      if (line == null || !line.startsWith(ORIGIN)) {
        super.println(line);
      }
    }
  }

  @Override
  public void bindProperties(LogFactory factory) {}

  @Override
  protected boolean runSerially() {
    return lines.consumeAll(ring, this::forward);
  }

  private void forward(LogRecordUtf8Sink line) {
    int level = line.getLevel() & levels;
    if (level == 0) {
      return;
    }
    String text = message(line.toString());
    if (level == LogLevel.CRITICAL) {
      LOG.error(text);
    } else if (level == LogLevel.ERROR && !text.startsWith(REFUSED_REQUEST)) {
      warn(text);
    } else {
      LOG.debug(text);
    }
  }

  /** People's mistakes on the console are errors to QuestDB, and may be as many as they like. */
  private void warn(String text) {
    long now = System.nanoTime();
    if (now - secondNanos >= SECOND_NANOS) {
      secondNanos = now;
      inSecond = 0;
      if (leftOut > 0) {
        LOG.warn("{} more lines of QuestDB were left out of the log", leftOut);
        leftOut = 0;
      }
    }
    if (inSecond < MOST_A_SECOND) {
      inSecond++;
      LOG.warn(text);
    } else {
      leftOut++;
      LOG.debug(text);
    }
  }

  /** Strips QuestDB's own time and level, the first two words. */
  private static String message(String line) {
    return line.substring(line.indexOf(' ', line.indexOf(' ') + 1) + 1).strip();
  }
}
