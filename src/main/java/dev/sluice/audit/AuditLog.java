package dev.sluice.audit;

import dev.sluice.files.NdjsonLog;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records changes: one line before, which is on disk before the change begins, and one after. Each
 * line holds the SHA-256 of the line before it, so a line that is changed, removed or moved no
 * longer fits. Thread-safe: actions may run side by side, their lines are written one at a time.
 *
 * <p>A full file is set aside and a new one begun; none is ever deleted here. What a crash tore is
 * cut off, and that is recorded. A line that cannot be written: before a change, the change is
 * refused; after it, or about a refused token, the line is kept and written before the next one; of
 * a read, and if there are too many, their number is written.
 *
 * <p>Whatever is wrong with the file, Sluice runs: each call tries again.
 */
public final class AuditLog implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AuditLog.class);

  /** Most lines kept in memory while none can be written. */
  private static final int MOST_OWED = 1_000;

  private final AuditConfig config;
  private final InstantSource clock;
  private final AuditFiles files;
  private final NdjsonLog file;
  private final RefusedTokens refused;
  private final ReentrantLock lock = new ReentrantLock();

  /** Lines to be written before the next one. */
  private final Deque<JsonObject> owed = new ArrayDeque<>();

  /** Hash of the last line; null if the files have to be read for it. */
  private @Nullable String last;

  private long missed;
  private final AtomicLong lines = new AtomicLong();
  private final AtomicLong failures = new AtomicLong();

  /** Opens nothing yet. */
  public AuditLog(AuditConfig config, InstantSource clock) {
    this(config, clock, Duration.ofMinutes(1));
  }

  /**
   * @param betweenRefused least time between two lines about refused tokens
   */
  AuditLog(AuditConfig config, InstantSource clock, Duration betweenRefused) {
    this.config = config;
    this.clock = clock;
    this.files = new AuditFiles(config.file());
    this.file = new NdjsonLog(config.file());
    this.refused = new RefusedTokens(this::refused, betweenRefused);
  }

  /** A change whose line before is on disk. */
  public final class Change {
    private final String hash;

    private Change(String hash) {
      this.hash = hash;
    }

    /** SHA-256 of the line before, in hex. */
    public String hash() {
      return hash;
    }

    /**
     * Records how the change ended.
     *
     * @param status of the answer
     * @param result what came of it: ids and counts, no free text
     */
    public void ended(int status, JsonObject result) {
      appendLater(Lines.after(clock.instant(), hash, status, result));
    }
  }

  /**
   * Records that this process writes here from now on. A file that cannot be written is reported,
   * and does not prevent the start: readings need none.
   *
   * @param phase in force
   */
  public void started(String phase, long epoch) {
    appendLater(Lines.started(clock.instant(), ProcessHandle.current().pid(), phase, epoch));
  }

  /**
   * Records that a change is about to be made; when this returns, the line survives a power cut.
   *
   * @param given what the request asks for, as far as it matters and is no free text
   * @throws UnrecordedException if the line may not survive: the change must not be made
   */
  public Change before(Actor who, String method, String path, JsonObject given)
      throws UnrecordedException {
    lock.lock();
    try {
      return new Change(
          appendLocked(Lines.before(clock.instant(), who, method, path, given), true));
    } catch (IOException e) {
      failures.incrementAndGet();
      LOG.error("A change was refused: it cannot be recorded in {}: {}", files, e.getMessage());
      throw new UnrecordedException(files, e);
    } finally {
      lock.unlock();
    }
  }

  /** Records a read, if the settings ask for it. It is on disk with the next change. */
  public void read(Actor who, String path) {
    if (!config.reads()) {
      return;
    }
    lock.lock();
    try {
      appendLocked(Lines.read(clock.instant(), who, path), false);
    } catch (IOException e) {
      failures.incrementAndGet();
      missed++;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Records that a request was refused for its token or certificate, together with others of the
   * same minute.
   *
   * @param name that the tokens file gives to it; empty if it is not known
   */
  public void refusedToken(String address, String name) {
    refused.add(address, name);
  }

  /** Lines written since the start. */
  public long lines() {
    return lines.get();
  }

  /** Attempts to write that failed since the start. */
  public long failures() {
    return failures.get();
  }

  /** Writes what is still to be written; nothing may be recorded afterwards. */
  @Override
  public void close() {
    refused.close();
    lock.lock();
    try {
      if (!owed.isEmpty() || missed > 0) {
        writeLocked(List.of(), true);
      }
    } catch (IOException e) {
      LOG.error("{} lines were not written to {}", owed.size() + missed, files, e);
    } finally {
      lock.unlock();
    }
  }

  private void refused(long requests, Map<String, Long> byAddress, Map<String, Long> byName) {
    appendLater(Lines.refused(clock.instant(), requests, byAddress, byName));
  }

  /** Appends the line now or, if that fails, before the next one. */
  private void appendLater(JsonObject line) {
    lock.lock();
    try {
      appendLocked(line, true);
    } catch (IOException e) {
      failures.incrementAndGet();
      LOG.error(
          "{} cannot be written ({}): changes are refused until it can be; make it writable and free disk space, or set"
              + " audit.file",
          files,
          e.getMessage());
      if (owed.size() < MOST_OWED) {
        owed.addLast(line);
      } else {
        missed++;
      }
    } finally {
      lock.unlock();
    }
  }

  private String appendLocked(JsonObject line, boolean sync) throws IOException {
    return writeLocked(List.of(line), sync);
  }

  /** Writes what is owed, then these lines; the hash of the last one. */
  private String writeLocked(List<JsonObject> more, boolean sync) throws IOException {
    try {
      if (last == null) {
        last = lastOnDisk();
      }
      List<JsonObject> all = new ArrayList<>(owed);
      if (missed > 0) {
        all.add(Lines.missed(clock.instant(), missed));
      }
      all.addAll(more);
      Text text = Text.of(all, last);
      if (files.bytes() > 0 && files.bytes() + text.bytes() > config.maxBytes()) {
        String full = String.valueOf(files.setAside().getFileName());
        LOG.info("{} was full and is now {}", files, full);
        all.addFirst(Lines.continues(clock.instant(), full));
        text = Text.of(all, last);
      }
      if (sync) {
        file.appendAndSync(text.text());
      } else {
        file.append(text.text());
      }
      owed.clear();
      missed = 0;
      lines.addAndGet(all.size());
      last = text.hash();
      return text.hash();
    } catch (IOException e) {
      last = null; // Only the file knows what it holds now.
      throw e;
    }
  }

  /** The hash of the last line there is; mends the file first if that is needed. */
  private String lastOnDisk() throws IOException {
    AuditFiles.Tail tail = AuditFiles.tail(config.file());
    if (tail.torn().length > 0) {
      files.cut(tail.torn().length);
      owed.addFirst(Lines.mended(clock.instant(), tail.torn()));
      LOG.warn(
          "The last line of {} was cut short, by a crash or a full disk: {} bytes were removed",
          files,
          tail.torn().length);
    }
    if (tail.line() == null) {
      List<Path> full = files.full();
      tail = full.isEmpty() ? AuditFiles.Tail.NONE : AuditFiles.tail(full.getLast());
    }
    byte[] line = tail.line();
    return line == null ? Lines.BEGINNING : Lines.hash(line);
  }

  /**
   * Chained lines.
   *
   * @param text with a line feed after each
   * @param hash of the last one
   */
  private record Text(String text, int bytes, String hash) {
    static Text of(List<JsonObject> lines, String before) {
      StringBuilder text = new StringBuilder();
      String hash = before;
      for (JsonObject line : lines) {
        String written = Lines.text(line, hash);
        text.append(written).append('\n');
        hash = Lines.hash(written);
      }
      String all = text.toString();
      return new Text(all, all.getBytes(StandardCharsets.UTF_8).length, hash);
    }
  }
}
