package dev.sluice.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps {@code data.dir} closed to other users of the machine: everything acknowledged, the
 * passwords of the embedded stores and the operators' reports are in it. What is inside was made
 * private when it was written; this also covers what an older version left, or a copy or a restore
 * opened.
 */
public final class DataFolder {
  private static final Logger LOG = LoggerFactory.getLogger(DataFolder.class);

  /** Beginnings of the names of what Sluice keeps there. */
  private static final List<String> OURS =
      List.of(
          "journal",
          "phase.json",
          "dead-letters",
          "cutover",
          "backfill",
          "verify",
          "fleet",
          "node",
          "questdb",
          "mysql",
          "audit",
          "doctor.tmp");

  private DataFolder() {}

  /**
   * Makes the folder if there is none, and takes the rights of others from it and from what Sluice
   * keeps in it. A folder that also holds something else is left as it is: closing it might lock
   * others out of what is theirs. Never fails because rights cannot be changed; it warns.
   *
   * @throws IOException if it cannot be made or listed
   */
  public static void prepare(Path folder) throws IOException {
    PrivateFiles.createDirectories(folder);
    List<Path> entries;
    try (Stream<Path> list = Files.list(folder)) {
      entries = list.toList();
    }
    List<Path> others = entries.stream().filter(DataFolder::isSomebodyElses).toList();
    if (others.isEmpty()) {
      close(folder);
    } else if (PrivateFiles.isOpenToOthers(folder)) {
      LOG.warn(
          "data.dir {} is open to other users and also holds {}, so its mode was not changed:"
              + " chmod 700 it, or set a data.dir that is used by nothing else",
          folder,
          others.getFirst().getFileName());
    }
    for (Path entry : entries) {
      // Where a link leads, a disk for the journal for one, is its owner's to close.
      if (isOurs(entry) && !Files.isSymbolicLink(entry)) {
        close(entry);
      }
    }
  }

  private static boolean isSomebodyElses(Path entry) {
    return !isOurs(entry) && !entry.endsWith("lost+found");
  }

  private static boolean isOurs(Path entry) {
    String name = String.valueOf(entry.getFileName());
    return OURS.stream().anyMatch(name::startsWith);
  }

  private static void close(Path path) {
    try {
      if (PrivateFiles.isOpenToOthers(path)) {
        PrivateFiles.closeToOthers(path);
        LOG.warn("{} was open to other users; now only this one may use it", path);
      }
    } catch (IOException e) {
      LOG.warn(
          "{} is open to other users, and its mode cannot be changed ({}): chmod go-rwx it, as the"
              + " user it belongs to",
          path,
          e.toString());
    }
  }
}
