package dev.sluice.doctor;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The disk under the data directory: type, room, time of a sync. */
final class DiskChecks {
  private static final Set<String> LOCAL = Set.of("ext4", "ext3", "xfs", "btrfs", "zfs", "f2fs");
  private static final Set<String> IN_MEMORY = Set.of("tmpfs", "ramfs");

  /** Slower syncs than this are felt by every sensor that waits for one. */
  private static final Duration SLOW = Duration.ofMillis(20);

  /** For the audit file, at its usual size, where nothing larger is kept. */
  private static final long SMALL_FILES_BYTES = 256 << 20;

  private static final String GROUP = "disk";

  private final DoctorConfig.Disk config;

  DiskChecks(DoctorConfig.Disk config) {
    this.config = config;
  }

  /** Measures; a data directory that does not exist yet is not created. */
  List<Finding> findings() {
    List<Finding> findings = new ArrayList<>();
    Path folder = nearest();
    try {
      findings.add(type(Files.getFileStore(folder).type()));
      findings.add(room(Files.getFileStore(folder).getUsableSpace(), journalBytes()));
    } catch (IOException | UncheckedIOException e) {
      findings.add(roomCheck(0).unknown(folder + " cannot be read: " + e));
    }
    if (config.hasJournal()) {
      findings.add(sync());
    }
    return findings;
  }

  Finding type(String type) {
    Check check =
        new Check(
            GROUP,
            "type",
            "a local file system: ext4 or xfs",
            config.hasJournal()
                ? "an ack is worth what a sync of this file system is worth"
                : "the audit file, dead letters and this node's name are kept here"
                    + (config.hasReadings() ? ", and QuestDB's table" : ""));
    if (IN_MEMORY.contains(type)) {
      String seen = type + ": in memory, gone with the machine";
      String mend = "set data.dir to a folder on a disk";
      return config.hasReadings() ? check.broken(seen, mend) : check.advice(seen, mend);
    }
    return switch (type) {
      case "overlay", "overlayfs", "aufs" ->
          check.advice(
              type + ": a container's own layer, gone with the container",
              "mount a volume at data.dir");
      case String local when LOCAL.contains(local) -> check.ok(local);
      default -> check.advice(type, "set data.dir to a folder on a local disk");
    };
  }

  /**
   * @param free bytes this process may still write
   * @param journal bytes that the journal has already
   */
  Finding room(long free, long journal) {
    long growth = Math.max(0, config.journalMaxBytes() - journal);
    Check check = roomCheck(growth);
    String seen = Bytes.text(free) + " free";
    String mend =
        (config.hasJournal() ? "lower journal.max-bytes, " : "")
            + "free space, or move data.dir to a larger disk";
    if (free < growth) {
      return check.broken(seen, mend);
    }
    long others = config.hasReadings() ? config.storesMinBytes().orElse(0) : SMALL_FILES_BYTES;
    return check.okIf(free >= growth + others, seen, mend);
  }

  private Check roomCheck(long growth) {
    List<String> wanted = new ArrayList<>();
    List<String> why = new ArrayList<>();
    if (config.hasJournal()) {
      wanted.add("for the rest of journal.max-bytes (%s)".formatted(Bytes.text(growth)));
      why.add("when the disk is full before journal.max-bytes is, ingest answers 503");
    }
    config
        .storesMinBytes()
        .ifPresent(bytes -> {
          wanted.add("for QuestDB (%s)".formatted(Bytes.text(bytes)));
          why.add("QuestDB suspends its table when the disk is full");
        });
    if (!config.hasReadings()) {
      wanted.add("for the audit file (%s)".formatted(Bytes.text(SMALL_FILES_BYTES)));
      why.add("a change on the admin port that cannot be recorded is refused");
    }
    return new Check(
        GROUP, "room", "free bytes " + String.join(", and ", wanted), String.join("; ", why));
  }

  Finding sync(SyncProbe probe) {
    Check check = syncCheck();
    boolean fine =
        config.syncsEachAck()
            ? probe.p99().compareTo(SLOW) <= 0
            : probe.p99().compareTo(config.syncInterval()) <= 0;
    return check.okIf(
        fine,
        probe.text(),
        config.syncsEachAck()
            ? "move data.dir to a faster disk, or set journal.ack=os if a power cut may take the last moment"
            : "move data.dir to a faster disk");
  }

  private Finding sync() {
    try {
      return sync(SyncProbe.of(config.directory()));
    } catch (IOException e) {
      return Files.isDirectory(config.directory())
          ? syncCheck()
              .broken(
                  "cannot write below " + config.directory() + ": " + e,
                  "let this user write data.dir")
          : syncCheck()
              .unknown("data.dir " + config.directory() + " does not exist yet: a start makes it");
    }
  }

  private Check syncCheck() {
    return new Check(
        GROUP,
        "fdatasync",
        config.syncsEachAck()
            ? "p99 at most " + SLOW.toMillis() + " ms, as journal.ack=fsync"
            : "p99 at most journal.sync-interval, " + config.syncInterval().toMillis() + " ms",
        config.syncsEachAck()
            ? "every sensor waits for a sync before its ack"
            : "a power cut takes what was acknowledged during a sync and since the one before");
  }

  /** The data directory, or the folder in which it will be made. */
  private Path nearest() {
    @Nullable Path folder = config.directory().toAbsolutePath();
    while (folder != null && !Files.isDirectory(folder)) {
      folder = folder.getParent();
    }
    return folder == null ? Path.of("/") : folder;
  }

  private long journalBytes() throws IOException {
    if (!Files.isDirectory(config.journal())) {
      return 0;
    }
    try (Stream<Path> files = Files.list(config.journal())) {
      return files.mapToLong(DiskChecks::bytes).sum();
    }
  }

  /** A segment may be deleted meanwhile. */
  private static long bytes(Path file) {
    try {
      return Files.isRegularFile(file) ? Files.size(file) : 0;
    } catch (IOException e) {
      return 0;
    }
  }
}
