package dev.sluice.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;

/**
 * One migration file, named as Flyway names them: {@code V1__words_of_it.sql}. Immutable.
 *
 * @param version a whole number
 * @param description from the name, words separated by spaces
 * @param name of the file
 * @param text its SQL
 */
public record MigrationFile(int version, String description, String name, String text) {
  private static final Pattern NAME = Pattern.compile("V(\\d{1,9})__(\\w+)\\.sql");

  /**
   * Creates a migration from a file's name and text.
   *
   * @throws IllegalArgumentException if this is not the name of a migration
   */
  public static MigrationFile of(String name, String text) {
    Matcher parts = NAME.matcher(name);
    if (!parts.matches()) {
      throw new IllegalArgumentException(
          "migration file " + name + " is not named like V1__what_it_does.sql");
    }
    return new MigrationFile(
        Integer.parseInt(parts.group(1)), parts.group(2).replace('_', ' '), name, text);
  }

  /** A checksum of the lines, so that line endings do not matter; computed as Flyway does. */
  public int checksum() {
    CRC32 crc = new CRC32();
    text.lines().forEach(line -> crc.update(line.getBytes(UTF_8)));
    return (int) crc.getValue();
  }

  /** The statements, without comments and semicolons. */
  public List<String> statements() {
    List<String> statements = new ArrayList<>();
    StringBuilder current = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!quoted && text.startsWith("--", i)) {
        int end = text.indexOf('\n', i);
        i = end < 0 ? text.length() : end;
        current.append('\n');
      } else if (!quoted && c == ';') {
        add(statements, current);
      } else {
        quoted ^= c == '\'';
        current.append(c);
      }
    }
    add(statements, current);
    return statements;
  }

  private static void add(List<String> statements, StringBuilder current) {
    String statement = current.toString().strip();
    if (!statement.isEmpty()) {
      statements.add(statement);
    }
    current.setLength(0);
  }
}
