package dev.sluice.store.questdb;

import dev.sluice.files.PrivateFiles;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Loads the native code of QuestDB's engine and client from files of ours. Left to themselves, both
 * unpack it into the system's temporary folder at every start: megabytes that a killed process
 * leaves there.
 *
 * <p>The files are rewritten at each start, under the same names, by a rename: this replaces
 * whatever a torn write or an older version left, and a process still running on the old files
 * keeps them. Thread-safe; each library is loaded once per process, from the first folder given.
 */
public final class NativeLibraries {
  /** Where both look first when they are initialised. */
  private static final String FOLDER_PROPERTY = "questdb.libs.dir";

  private static final String SYSTEM = system(System.getProperty("os.name"));
  private static final String SUFFIX =
      switch (SYSTEM) {
        case "windows" -> ".dll";
        case "darwin" -> ".dylib";
        default -> ".so";
      };

  /** Named like the folders in their jars. */
  private static final String PLATFORM =
      SYSTEM + ("aarch64".equals(System.getProperty("os.arch")) ? "-aarch64" : "-x86-64");

  private static final ReentrantLock LOCK = new ReentrantLock();
  private static boolean engineLoaded;
  private static boolean clientLoaded;

  private NativeLibraries() {}

  /**
   * Loads the engine's library; call this before touching anything else of the engine.
   *
   * @param folder created if missing
   */
  public static void loadEngine(Path folder) throws IOException {
    LOCK.lock();
    try {
      if (!engineLoaded) {
        String second = SYSTEM.equals("windows") ? "questdbr" : "libquestdbr";
        unpack("/io/questdb/bin/", List.of("libquestdb" + SUFFIX, second + SUFFIX), folder);
        whileLookingInto(folder, io.questdb.std.Os::init);
        engineLoaded = true;
      }
    } finally {
      LOCK.unlock();
    }
  }

  /**
   * Loads the client's library; call this before touching anything else of the client.
   *
   * @param folder created if missing; not the engine's, because one of its libraries has the same
   *     name
   */
  public static void loadClient(Path folder) throws IOException {
    LOCK.lock();
    try {
      if (!clientLoaded) {
        unpack("/io/questdb/client/bin/", List.of("libquestdb" + SUFFIX), folder);
        whileLookingInto(folder, io.questdb.client.std.Os::init);
        clientLoaded = true;
      }
    } finally {
      LOCK.unlock();
    }
  }

  private static String system(String name) {
    return name.startsWith("Windows") ? "windows" : name.startsWith("Mac") ? "darwin" : "linux";
  }

  private static void whileLookingInto(Path folder, Runnable initialisation) {
    String before = System.getProperty(FOLDER_PROPERTY);
    if (before != null) {
      initialisation.run(); // the user has put them elsewhere
      return;
    }
    System.setProperty(FOLDER_PROPERTY, folder.toAbsolutePath().toString());
    try {
      initialisation.run();
    } finally {
      System.clearProperty(FOLDER_PROPERTY);
    }
  }

  private static void unpack(String root, List<String> names, Path folder) throws IOException {
    PrivateFiles.createDirectories(folder);
    for (String name : names) {
      try (InputStream content =
          NativeLibraries.class.getResourceAsStream(root + PLATFORM + "/" + name)) {
        if (content != null) {
          Path unfinished = folder.resolve(name + ".unfinished");
          try (OutputStream out = PrivateFiles.newOutputStream(unfinished)) {
            content.transferTo(out);
          }
          Files.move(
              unfinished,
              folder.resolve(name),
              StandardCopyOption.ATOMIC_MOVE,
              StandardCopyOption.REPLACE_EXISTING);
        }
      }
    }
  }
}
