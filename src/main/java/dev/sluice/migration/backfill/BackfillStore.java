package dev.sluice.migration.backfill;

import dev.sluice.files.AtomicFile;
import dev.sluice.migration.Successor;
import dev.sluice.migration.ToldFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;

/**
 * Keeps the state of the backfill in {@code data/backfill/state.json}. Thread-safe: changes come
 * from operators and from the copying thread, and each is on disk before it is seen, and told to a
 * successor. How far the copy has come it hears within about a second, and copies a little again.
 *
 * <p>A file that cannot be understood is an error until a person has put it right, never a new
 * beginning: a backfill taken for complete, or for not begun, would both be lies.
 */
final class BackfillStore {
  private final ToldFile<BackfillState> file;
  private final ReentrantLock changing = new ReentrantLock();
  private volatile Optional<BackfillState> current = Optional.empty();
  private volatile String damage = "";

  BackfillStore(Path directory, Successor successor, AtomicFile atomically) {
    this.file = file(directory, successor, atomically);
    load();
  }

  private static ToldFile<BackfillState> file(
      Path directory, Successor successor, AtomicFile atomically) {
    return new ToldFile<>(
        directory.resolve("state.json"),
        new BackfillStateForm(),
        "backfill",
        successor,
        atomically);
  }

  /** Puts what a successor was told in the place of any file there is. */
  static void inherit(Path directory, Map<String, String> told) throws IOException {
    file(directory, Successor.NOBODY, new AtomicFile()).inherit(told);
  }

  /** All that a successor must be told. */
  Map<String, String> everything() {
    return current.map(file::told).orElse(Map.of());
  }

  /** The state as it is kept; empty when nothing was ever started, or when it is damaged. */
  Optional<BackfillState> current() {
    return current;
  }

  /** Why the kept state cannot be used; empty when it can. */
  String damage() {
    return damage;
  }

  /** Reads the file again if it was damaged: it may have been put right. */
  void reloadIfDamaged() {
    if (!damage.isEmpty()) {
      load();
    }
  }

  /** Begins with this state, in the place of any older one. */
  void begin(BackfillState state) throws IOException {
    changing.lock();
    try {
      keepLocked(state);
    } finally {
      changing.unlock();
    }
  }

  /** Changes the state there is; what comes of it. */
  BackfillState update(UnaryOperator<BackfillState> change) throws IOException {
    changing.lock();
    try {
      BackfillState before = current.orElseThrow();
      BackfillState after = change.apply(before);
      if (!after.equals(before)) {
        keepLocked(after);
      }
      return after;
    } finally {
      changing.unlock();
    }
  }

  /** Why a change could not be kept, and what would help. */
  static String notKept(IOException e) {
    return e instanceof ToldFile.UntoldException
        ? String.valueOf(e.getMessage())
        : "the state of the backfill cannot be saved; free disk space or fix the permissions: " + e;
  }

  private void keepLocked(BackfillState state) throws IOException {
    if (current.filter(before -> before.at(state.checkpoint()).equals(state)).isPresent()) {
      file.writeAndTellLater(state);
    } else {
      file.write(state);
    }
    current = Optional.of(state);
  }

  private void load() {
    changing.lock();
    try {
      current = file.read();
      damage = "";
    } catch (IOException e) {
      damage = String.valueOf(e.getMessage());
    } finally {
      changing.unlock();
    }
  }
}
