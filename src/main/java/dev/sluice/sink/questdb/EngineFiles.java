package dev.sluice.sink.questdb;

import io.questdb.std.Files;
import io.questdb.std.FilesFacadeImpl;
import io.questdb.std.Os;

/**
 * The engine's way to its files, with one difference: a mapping about to be synced first gives up
 * its page table entries, all at once. The kernel write-protects each page it is to write out, and
 * otherwise does so page by page, interrupting every other processor of the process for each.
 *
 * <p>All mappings of the engine are shared ones of files, and what it syncs is one of them, or part
 * of one, before it is unmapped. Giving up entries never touches what such a mapping holds: dirty
 * pages stay in the page cache, where {@code msync} finds them.
 */
final class EngineFiles extends FilesFacadeImpl {
  /**
   * {@code MADV_DONTNEED_LOCKED} of Linux 5.18 and newer. Plain {@code MADV_DONTNEED} would do, but
   * {@code posix_madvise}, which the engine calls, takes it for {@code POSIX_MADV_DONTNEED} and
   * does nothing. A kernel that does not know the advice refuses it, and the sync is merely slower.
   */
  private static final int GIVE_UP_ENTRIES = 24;

  @Override
  public void msync(long address, long bytes, boolean async) {
    if (Os.isLinux()) {
      Files.madvise0(address, bytes, GIVE_UP_ENTRIES);
    }
    super.msync(address, bytes, async);
  }
}
