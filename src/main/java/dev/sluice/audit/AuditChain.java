package dev.sluice.audit;

import jakarta.json.Json;
import jakarta.json.JsonException;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Walks the lines of an audit file, and of the full ones beside it, and checks that each fits the
 * one before. Reads only; confined to one thread, used once.
 */
public final class AuditChain {
  /** Where the chain must begin, and what it must hold. */
  public record Expected(Optional<String> after, Set<String> holds) {}

  /**
   * The first line that does not fit.
   *
   * @param line its number in the file, from 1
   */
  public record Fault(Path file, long line, String reason) {}

  /**
   * What was found, up to the first fault.
   *
   * @param lines that fit
   * @param first time of the first line, ISO 8601; null if there is none
   * @param last likewise of the last one
   * @param lastHash hash of the last line that fits: keep it elsewhere, and have it looked for the
   *     next time
   * @param changes begun
   * @param unfinished of these, how many have no line after: the process ended before, or they are
   *     still running
   * @param tornBytes of a line at the end that was never finished
   * @param held the expected lines that there are, by their hash
   */
  public record Findings(
      List<Path> files,
      long lines,
      @Nullable String first,
      @Nullable String last,
      String lastHash,
      long changes,
      long unfinished,
      long tornBytes,
      Optional<Fault> fault,
      Map<String, JsonObject> held) {}

  /** A line does not fit, for this reason. */
  private static final class MisfitException extends Exception {
    private static final long serialVersionUID = 1;

    MisfitException(String reason) {
      super(reason);
    }
  }

  private final Set<String> open = new HashSet<>();
  private final Set<String> wanted;
  private final Map<String, JsonObject> held = new HashMap<>();
  private @Nullable String hash;
  private @Nullable String first;
  private @Nullable String last;
  private long lines;
  private long changes;
  private long tornBytes;
  private @Nullable Fault fault;

  private AuditChain(Expected expected) {
    this.hash = expected.after().orElse(Lines.BEGINNING);
    this.wanted = expected.holds();
  }

  /**
   * Walks all lines that there are when it begins; others may be written meanwhile.
   *
   * @throws IOException if there is no file, or one cannot be read
   */
  public static Findings walk(Path current, Expected expected) throws IOException {
    AuditChain chain = new AuditChain(expected);
    List<Path> files = new ArrayList<>();
    try (AuditFiles.Opened opened = new AuditFiles(current).open()) {
      files.addAll(opened.full());
      for (Path file : opened.full()) {
        try (InputStream in = Files.newInputStream(file)) {
          chain.walk(file, in);
        }
      }
      if (opened.hasCurrent()) {
        files.add(current);
        chain.walk(current, opened.current());
      }
    }
    return new Findings(
        files,
        chain.lines,
        chain.first,
        chain.last,
        String.valueOf(chain.hash),
        chain.changes,
        chain.open.size(),
        chain.tornBytes,
        Optional.ofNullable(chain.fault),
        Map.copyOf(chain.held));
  }

  /** Walks the lines of one file, unless one before it has a fault. */
  private void walk(Path file, InputStream bytes) throws IOException {
    if (fault != null) {
      return;
    }
    long number = 0;
    InputStream in = new BufferedInputStream(bytes, 1 << 16);
    try {
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      for (int c = in.read(); c >= 0; c = in.read()) {
        if (c != '\n') {
          line.write(c);
          if (line.size() > AuditFiles.MOST_LINE_BYTES) {
            number++;
            throw new MisfitException("it has more than " + AuditFiles.MOST_LINE_BYTES + " bytes");
          }
        } else {
          if (tornBytes > 0) {
            throw new MisfitException("the line before it was cut short");
          }
          number++;
          take(line.toByteArray());
          line.reset();
        }
      }
      tornBytes = line.size();
    } catch (MisfitException e) {
      fault = new Fault(file, Math.max(number, 1), String.valueOf(e.getMessage()));
    }
  }

  private void take(byte[] bytes) throws MisfitException {
    String found = Lines.hash(bytes);
    JsonObject line = parsed(bytes);
    String prev = line.getString("prev", "");
    String expected = String.valueOf(hash);
    if (!prev.equals(expected)) {
      throw new MisfitException(misfit(prev, expected));
    }
    String at = line.getString("at", "?");
    if (first == null) {
      first = at;
    }
    last = at;
    lines++;
    hash = found;
    if (wanted.contains(found)) {
      held.put(found, line);
    }
    switch (line.getString("event", "")) {
      case Lines.BEFORE -> {
        changes++;
        open.add(found);
      }
      case Lines.AFTER -> open.remove(line.getString("of", ""));
      default -> {}
    }
  }

  private String misfit(String prev, String expected) {
    if (lines > 0) {
      return "it follows a line with the hash %s, but the line before it has %s: one was changed, removed, added or moved"
          .formatted(prev, expected);
    }
    return expected.equals(Lines.BEGINNING)
        ? "it is not the first line there ever was: the one before had the hash %s; put the older files beside it, or say --after %s if they are archived"
            .formatted(prev, prev)
        : "it follows a line with the hash %s, expected was %s".formatted(prev, expected);
  }

  private static JsonObject parsed(byte[] line) throws MisfitException {
    try (JsonReader reader = Json.createReader(new ByteArrayInputStream(line))) {
      return reader.readObject();
    } catch (JsonException | IllegalStateException | ClassCastException e) {
      throw new MisfitException("it is no JSON object");
    }
  }
}
