package dev.sluice.journal.disk;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out what is in a journal directory by walking its segments from the oldest to the newest.
 * Runs once, in the opening thread, alone with the directory.
 *
 * <p>Of all segments but the newest only frame headers are walked, so that opening a large journal
 * takes no longer than it must; readers verify every payload anyway and answer for what they find.
 * The newest is verified to the last byte: what follows its last good frame is a torn tail and is
 * cut off. Anything bad that something good follows is damage: its bytes go to quarantine, its
 * offsets are lost, the rest is kept. Files that are not the journal's are left alone.
 */
final class Recovery {
  private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);
  private static final Set<String> OWN_NAMES = Set.of(DirectoryLock.FILE, "cursors", "quarantine");
  private static final long NO_PAYLOADS = Long.MAX_VALUE;
  private static final long ALL_PAYLOADS = -1;

  private final Disk disk;
  private final Path directory;
  private final Quarantine quarantine;
  private final LostRanges lost;
  private final FrameWalk walk = new FrameWalk();
  private final List<Segment> kept = new ArrayList<>();

  /** Offset behind all that was found so far. */
  private long end;

  private boolean writable;

  Recovery(Disk disk, Path directory, Quarantine quarantine, LostRanges lost) {
    this.disk = disk;
    this.directory = directory;
    this.quarantine = quarantine;
    this.lost = lost;
  }

  /**
   * Recovers the directory, syncs what it holds and has a segment ready to be written.
   *
   * @param leastNextOffset what the next offset must not be below: a cursor may know of readings
   *     that a power cut took, and their offsets must not be given out again
   * @return the segments, oldest first, the newest writable
   */
  List<Segment> run(long leastNextOffset) throws IOException {
    List<Long> bases = listSegments();
    end = bases.isEmpty() ? leastNextOffset : bases.get(0);
    for (int i = 0; i < bases.size(); i++) {
      recover(bases.get(i), i == bases.size() - 1);
    }
    if (leastNextOffset > end) {
      giveUp(end, leastNextOffset, "a cursor is already past them");
      end = leastNextOffset;
      writable = false;
    }
    if (!writable) {
      startSegment();
    }
    disk.syncDirectory(directory);
    return kept;
  }

  /** Offset the next reading gets. */
  long nextOffset() {
    return end;
  }

  private List<Long> listSegments() throws IOException {
    List<Long> bases = new ArrayList<>();
    for (String name : disk.list(directory)) {
      OptionalLong base = SegmentHeader.baseOffset(name);
      if (base.isPresent()) {
        bases.add(base.getAsLong());
      } else if (!OWN_NAMES.contains(name)) {
        LOG.warn("{} does not belong to the journal and is left alone", directory.resolve(name));
      }
    }
    bases.sort(null);
    return bases;
  }

  private void recover(long base, boolean newest) throws IOException {
    Path path = directory.resolve(SegmentHeader.fileName(base));
    if (base < end) {
      LOG.warn("{} starts at an offset that the segment before it already holds", path);
      quarantine.move(path);
      return;
    }
    if (base > end) {
      giveUp(end, base, "they are missing before " + path);
      end = base;
    }
    if (newest) {
      recoverNewest(path, base);
    } else {
      recoverSealed(path, base);
    }
  }

  private void recoverSealed(Path path, long base) throws IOException {
    long size;
    boolean usable;
    try (DiskFile file = disk.openToRead(path)) {
      size = file.size();
      boolean headerIntact = SegmentHeader.intact(file, base, path);
      walk.restart(file, base);
      walkAll(path, file, size, NO_PAYLOADS);
      usable = walk.expectedOffset() > base || (headerIntact && size == SegmentHeader.BYTES);
      if (usable && walk.position() < size) {
        quarantine.copy(path, file, walk.position(), size);
      }
      if (usable && !headerIntact) {
        quarantine.copy(path, file, 0, SegmentHeader.BYTES);
      }
      file.force();
      end = walk.expectedOffset();
    }
    if (usable) {
      kept.add(Segment.sealed(path, base, size));
    } else {
      quarantine.move(path);
    }
  }

  private void recoverNewest(Path path, long base) throws IOException {
    DiskFile file = disk.open(path);
    boolean inUse = false;
    try {
      long size = file.size();
      boolean headerIntact = SegmentHeader.intact(file, base, path);
      walk.restart(file, base);
      boolean undamaged = walkAll(path, file, size, ALL_PAYLOADS);
      end = walk.expectedOffset();
      if (!headerIntact && end == base) {
        rewriteHeader(path, file, base, size);
      } else {
        cutTail(path, file, size);
        writable = undamaged && headerIntact;
      }
      file.force();
      kept.add(
          writable
              ? Segment.active(path, base, file, file.size())
              : Segment.sealed(path, base, file.size()));
      inUse = writable;
    } finally {
      if (!inUse) {
        file.close();
      }
    }
  }

  /** Returns whether every frame follows the one before. */
  private boolean walkAll(Path path, DiskFile file, long size, long verifyFrom) throws IOException {
    boolean undamaged = true;
    long from = walk.position();
    long expected = walk.expectedOffset();
    while (walk.next(size, verifyFrom)) {
      if (walk.frameAt() != from) {
        undamaged = false;
        quarantine.copy(path, file, from, walk.frameAt());
        giveUp(expected, walk.frame().baseOffset(), "they are damaged in " + path);
      }
      from = walk.position();
      expected = walk.expectedOffset();
    }
    return undamaged;
  }

  /** A segment whose creation was torn, or of which nothing can be used. */
  private void rewriteHeader(Path path, DiskFile file, long base, long size) throws IOException {
    if (size > SegmentHeader.BYTES) {
      quarantine.copy(path, file, 0, size);
    }
    LOG.warn("{} holds no frame and no header: it is recreated", path);
    file.truncate(0);
    file.write(SegmentHeader.encode(base), 0);
    writable = true;
  }

  private void cutTail(Path path, DiskFile file, long size) throws IOException {
    long tail = size - walk.position();
    if (tail <= 0) {
      return;
    }
    if (walk.wholeFrameFollows()) {
      quarantine.copy(path, file, walk.position(), size);
    }
    LOG.warn("torn tail of {} bytes cut off {} at byte {}", tail, path, walk.position());
    file.truncate(walk.position());
  }

  private void startSegment() throws IOException {
    if (!kept.isEmpty()) {
      Segment before = kept.get(kept.size() - 1);
      before.seal();
      before.sync();
    }
    Segment segment = Segment.create(disk, directory, end);
    segment.sync();
    kept.add(segment);
  }

  private void giveUp(long from, long to, String why) {
    if (lost.add(from, to) > 0) {
      LOG.error("readings {} to {} are lost: {}", from, to - 1, why);
    }
  }
}
