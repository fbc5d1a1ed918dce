package dev.sluice.files;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The first whole lines of a file that may be large and may be appended to meanwhile.
 *
 * @param bytes size of the file, 0 if there is none
 * @param lines without their line feeds
 * @param more whether there is something after them
 */
public record FirstLines(long bytes, List<String> lines, boolean more) {
  /**
   * Reads at most so many lines, which are in the first {@code mostBytes} of the file; none if
   * there is no file.
   */
  public static FirstLines of(Path file, int mostLines, int mostBytes) throws IOException {
    byte[] text;
    long size;
    try (InputStream in = Files.newInputStream(file)) {
      size = Files.size(file);
      text = in.readNBytes(mostBytes);
    } catch (NoSuchFileException e) {
      return new FirstLines(0, List.of(), false);
    }
    List<String> lines = new ArrayList<>();
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    int read = 0;
    for (int i = 0; i < text.length && lines.size() < mostLines; i++) {
      if (text[i] == '\n') {
        lines.add(line.toString(StandardCharsets.UTF_8));
        line.reset();
        read = i + 1;
      } else {
        line.write(text[i]);
      }
    }
    return new FirstLines(size, List.copyOf(lines), read < size);
  }
}
