package dev.sluice.store.questdb.engine;

import static java.util.Objects.requireNonNull;

import dev.sluice.files.PrivateFiles;
import io.questdb.BuildInformationHolder;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/**
 * The files of QuestDB's web console, unpacked from its jar to where its HTTP server expects them.
 */
final class ConsoleSite {
  private static final String RESOURCES = "/io/questdb/site/";

  private final Path root;

  ConsoleSite(Path root) {
    this.root = root;
  }

  /** Unpacks the media types, which QuestDB's configuration reads when it is created. */
  void unpackMediaTypes() throws IOException {
    Path folder = root.resolve("conf");
    Path target = folder.resolve("mime.types");
    if (!Files.exists(target)) {
      PrivateFiles.createDirectories(folder);
      try (InputStream types = resource("conf/mime.types")) {
        copy(types, target);
      }
    }
  }

  /** Unpacks the pages, once for each version of QuestDB; the version file is written last. */
  void unpackPages() throws IOException {
    Path pages = root.resolve("public");
    Path marker = pages.resolve("version.txt");
    String version = new BuildInformationHolder(ConsoleSite.class).getSwVersion();
    if (Files.exists(marker) && Files.readString(marker).equals(version)) {
      return;
    }
    PrivateFiles.createDirectories(pages);
    try (ZipInputStream zip = new ZipInputStream(resource("public.zip"))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        Path target = pages.resolve(entry.getName());
        if (entry.isDirectory()) {
          PrivateFiles.createDirectories(target);
        } else {
          PrivateFiles.createDirectories(requireNonNull(target.getParent()));
          copy(zip, target);
        }
      }
    }
    PrivateFiles.write(marker, version);
  }

  private static void copy(InputStream content, Path target) throws IOException {
    try (OutputStream out = PrivateFiles.newOutputStream(target)) {
      content.transferTo(out);
    }
  }

  private static InputStream resource(String name) throws IOException {
    InputStream found = BuildInformationHolder.class.getResourceAsStream(RESOURCES + name);
    if (found == null) {
      throw new IOException("QuestDB's jar has no " + RESOURCES + name);
    }
    return found;
  }
}
