package dev.sluice.store.questdb.engine;

import dev.sluice.files.PrivateFiles;
import io.questdb.std.Files;
import io.questdb.std.FilesFacadeImpl;
import io.questdb.std.MemoryTag;
import io.questdb.std.Os;
import io.questdb.std.str.LPSZ;
import io.questdb.std.str.Utf8s;
import java.io.IOException;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The engine's access to its files, with four differences.
 *
 * <p>Files that it makes are for this user alone (0600); the engine makes them readable for
 * everyone. Its folders have the mode that {@link EngineSettings} gives it.
 *
 * <p>Readers of tables get no more mappings than {@link Mappings} allows them: beyond that, a
 * mapping fails as if the kernel had refused it, and with it the one query, whoever ran it. Files
 * that readers share are counted once for each of them.
 *
 * <p>When a writer opens a table, it checks every day between the first and the last that has no
 * partition for a folder that very old engines left when a rename failed: this takes 20 s if one
 * reading is from the year 9999. No engine that can have written this table makes such a folder, so
 * the answer is no.
 *
 * <p>Before a mapping is synced, its page table entries are dropped, all in one call. The kernel
 * write-protects each page before writing it out, and otherwise does so page by page, interrupting
 * every other processor of the process for each. All mappings of the engine are shared file
 * mappings, and what it syncs is one of them, or part of one, before it is unmapped. Dropping
 * entries never touches the contents of such a mapping: dirty pages stay in the page cache, where
 * {@code msync} finds them.
 */
final class EngineFiles extends FilesFacadeImpl {
  private static final Logger LOG = LoggerFactory.getLogger(EngineFiles.class);

  /**
   * {@code MADV_DONTNEED_LOCKED} of Linux 5.18 and newer. Plain {@code MADV_DONTNEED} would do, but
   * {@code posix_madvise}, which the engine calls, takes it for {@code POSIX_MADV_DONTNEED} and
   * does nothing. A kernel that does not know the advice refuses it, and the sync is just slower.
   */
  private static final int GIVE_UP_ENTRIES = 24;

  /** Separates a partition's name from a transaction number in the name of such a folder. */
  private static final String LEFT_BEHIND = "-x-";

  private final Mappings mappings;

  EngineFiles(Mappings mappings) {
    this.mappings = mappings;
  }

  @Override
  public boolean exists(LPSZ path) {
    return !isLeftBehind(path) && super.exists(path);
  }

  private static boolean isLeftBehind(LPSZ path) {
    int at = path.size() - 1;
    while (at >= 0 && path.byteAt(at) >= '0' && path.byteAt(at) <= '9') {
      at--;
    }
    if (at < LEFT_BEHIND.length() - 1 || at == path.size() - 1) {
      return false;
    }
    for (int i = 0; i < LEFT_BEHIND.length(); i++) {
      if (path.byteAt(at - LEFT_BEHIND.length() + 1 + i) != LEFT_BEHIND.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  @Override
  public long openRW(LPSZ path, int options) {
    boolean isNew = !super.exists(path);
    return kept(super.openRW(path, options), path, isNew);
  }

  @Override
  public long openRWNoCache(LPSZ path, int options) {
    boolean isNew = !super.exists(path);
    return kept(super.openRWNoCache(path, options), path, isNew);
  }

  @Override
  public long openCleanRW(LPSZ path, long bytes) {
    boolean isNew = !super.exists(path);
    return kept(super.openCleanRW(path, bytes), path, isNew);
  }

  @Override
  public long openAppend(LPSZ path) {
    boolean isNew = !super.exists(path);
    return kept(super.openAppend(path), path, isNew);
  }

  @Override
  public boolean touch(LPSZ path) {
    boolean isNew = !super.exists(path);
    boolean made = super.touch(path);
    kept(made ? 0 : -1, path, isNew);
    return made;
  }

  @Override
  public int copy(LPSZ from, LPSZ to) {
    int result = super.copy(from, to);
    kept(result, to, true);
    return result;
  }

  /** The file, private if it is new; -1 is none. */
  private static long kept(long file, LPSZ path, boolean isNew) {
    if (isNew && file >= 0) {
      try {
        PrivateFiles.closeToOthers(Path.of(Utf8s.stringFromUtf8Bytes(path)));
      } catch (IOException e) {
        // The folder around it is closed to others, too.
        LOG.debug("{} keeps the mode the engine gave it", path, e);
      }
    }
    return file;
  }

  @Override
  public long mmap(long file, long bytes, long offset, int flags, int tag) {
    if (tag != MemoryTag.MMAP_TABLE_READER) {
      return super.mmap(file, bytes, offset, flags, tag);
    }
    if (!mappings.tryTake()) {
      return MAP_FAILED;
    }
    long address = super.mmap(file, bytes, offset, flags, tag);
    if (address == MAP_FAILED) {
      mappings.give();
    }
    return address;
  }

  @Override
  public void munmap(long address, long bytes, int tag) {
    super.munmap(address, bytes, tag);
    if (tag == MemoryTag.MMAP_TABLE_READER) {
      mappings.give();
    }
  }

  @Override
  public void msync(long address, long bytes, boolean async) {
    if (Os.isLinux()) {
      Files.madvise0(address, bytes, GIVE_UP_ENTRIES);
    }
    super.msync(address, bytes, async);
  }
}
