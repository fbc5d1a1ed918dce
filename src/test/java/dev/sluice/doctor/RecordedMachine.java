package dev.sluice.doctor;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/**
 * The kernel's files of a machine, recorded in one text: {@code == path} begins a file, {@code ==
 * path -> target} is a symbolic link, {@code \0} is a zero byte.
 */
final class RecordedMachine {
  /** A virtual machine as it was installed: defaults of Debian, one queue, no time service. */
  static final String UNTUNED = "untuned.txt";

  /** A big machine with the shipped sysctl file and a card with a queue for each processor. */
  static final String TUNED = "tuned.txt";

  static final int PROCESSORS = 4;

  private final Path root;

  private RecordedMachine(Path root) {
    this.root = root;
  }

  static RecordedMachine of(String recording, Path root) throws IOException {
    RecordedMachine machine = new RecordedMachine(root);
    try (InputStream in =
        Objects.requireNonNull(RecordedMachine.class.getResourceAsStream("/doctor/" + recording))) {
      String all = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      for (String file : all.substring("== ".length()).split("\n== ", -1)) {
        machine.add(file);
      }
    }
    return machine;
  }

  private void add(String file) throws IOException {
    String[] head = file.split("\n", 2);
    String[] link = head[0].split(" -> ", 2);
    if (link.length == 2) {
      Path path = root.resolve(link[0]);
      Path folder = Objects.requireNonNull(path.getParent());
      Files.createDirectories(folder);
      // What it points to need not be there, only its name matters; but it must exist.
      Path target = folder.resolve(link[1]).normalize();
      Files.createDirectories(target);
      Files.createSymbolicLink(path, Path.of(link[1]));
    } else {
      with(head[0], head[1]);
    }
  }

  RecordedMachine with(String file, String content) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, content.replace("\\0", "\0"));
    return this;
  }

  RecordedMachine without(String file) throws IOException {
    Files.delete(root.resolve(file));
    return this;
  }

  Machine machine() {
    return new Machine(root);
  }
}
