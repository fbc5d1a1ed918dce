package dev.sluice.doctor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * The kernel's files below one root, {@code /} for this machine. Whatever cannot be read is absent:
 * a container hides some files, and other systems have none. Immutable.
 *
 * @param root above {@code proc} and {@code sys}
 */
record Machine(Path root) {
  private static final int MOST_LINES = 20_000;

  /** The first line; empty if there is none. */
  Optional<String> text(String file) {
    return lines(file).stream().findFirst().map(String::strip);
  }

  /** The first word of the first line, as a number. */
  OptionalLong number(String file) {
    return numbers(file).stream().mapToLong(Long::longValue).findFirst();
  }

  /** All words of the first line, as numbers; empty unless they all are. */
  List<Long> numbers(String file) {
    try {
      return text(file).stream()
          .flatMap(line -> Stream.of(line.split("\\s+", -1)))
          .map(Long::valueOf)
          .toList();
    } catch (NumberFormatException e) {
      return List.of();
    }
  }

  /** All lines, up to a limit; none if there is no such file. */
  List<String> lines(String file) {
    // Not Files.readString: its first read is of a single byte, and the kernel serves the files
    // below /proc/sys to the first read only.
    try (Stream<String> lines = Files.lines(root.resolve(file))) {
      return lines.limit(MOST_LINES).toList();
    } catch (IOException | java.io.UncheckedIOException e) {
      return List.of();
    }
  }

  boolean has(String file) {
    return Files.exists(root.resolve(file));
  }

  /** The names in a folder, sorted; none if there is no such folder. */
  List<String> names(String folder) {
    try (Stream<Path> entries = Files.list(root.resolve(folder))) {
      return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  /** The last name of what a symbolic link points to. */
  Optional<String> linkedName(String link) {
    try {
      return Optional.of(Files.readSymbolicLink(root.resolve(link)).getFileName().toString());
    } catch (IOException | UnsupportedOperationException e) {
      return Optional.empty();
    }
  }

  /** A line of {@code /proc/meminfo}, in bytes. */
  OptionalLong memory(String name) {
    return lines("proc/meminfo").stream()
        .filter(line -> line.startsWith(name + ":"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D+", "")))
        .map(number -> number * 1024)
        .findFirst();
  }
}
