package dev.sluice.fleet;

import dev.sluice.files.NdjsonLog;
import jakarta.json.spi.JsonProvider;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code fleet/events.ndjson}: silences, gaps and groups as they are found, for whoever tails it.
 * Of {@value #MOST_BYTES} bytes at most; a full one is set aside as {@code events.ndjson.1}, in the
 * place of the one before. At most {@value #MOST_LINES} lines a second, the others are counted in
 * one line. Confined to the ledger's thread.
 *
 * <p>What was written after the last snapshot is found again after a crash: those lines are
 * remembered at the start, and not written twice.
 */
final class Events implements GapListener {
  private static final Logger LOG = LoggerFactory.getLogger(Events.class);

  /** Kept, because {@code jakarta.json.Json} looks for it on the class path at each call. */
  private static final JsonProvider JSON = JsonProvider.provider();

  static final long MOST_BYTES = 64L << 20;
  static final int MOST_LINES = 1_000;

  /** Most bytes of the file that are looked at after a start: some minutes of the most lines. */
  private static final long MOST_KNOWN_BYTES = 16L << 20;

  private final NdjsonLog file;
  private final StringBuilder pending = new StringBuilder();

  /** What was in the file after the last snapshot, and has not been found again. */
  private final Set<String> written = new HashSet<>();

  /** Where in the file that begins. */
  private long writtenFrom;

  private @Nullable Ledger ledger;
  private long second;
  private int lines;
  private int leftOut;
  private boolean failed;

  Events(Path path) {
    this.file = new NdjsonLog(path, MOST_BYTES, "");
  }

  /** Begins to take events of this ledger; those in the file from this byte on are known. */
  void of(Ledger whose, long snapshotByte) {
    ledger = whose;
    writtenFrom = snapshotByte;
    try {
      // The snapshot may be of another node, whose file was shorter.
      long fromByte = Math.max(snapshotByte, file.bytes() - MOST_KNOWN_BYTES);
      writtenFrom = fromByte;
      if (file.bytes() > fromByte) {
        file.read((text, from, end) -> {
          if (from >= fromByte) {
            written.add(key(new String(text, from, end - from, StandardCharsets.UTF_8)));
          }
        });
      }
    } catch (IOException e) {
      LOG.warn("{} cannot be read: some lines may be written twice", file, e);
    }
  }

  @Override
  public void silent(int device, long sinceMicros) {
    line(
        "{\"event\":\"silent\",\"device_id\":%s,\"from\":\"%s\"}"
            .formatted(quoted(device), iso(sinceMicros)));
  }

  @Override
  public void gap(int device, long fromMicros, long toMicros, Cause cause) {
    line(
        String.format(
            Locale.ROOT,
            "{\"event\":\"gap\",\"device_id\":%s,\"from\":\"%s\",\"to\":\"%s\",\"seconds\":%.2f,\"cause\":\"%s\"}",
            quoted(device),
            iso(fromMicros),
            iso(toMicros),
            (toMicros - fromMicros) / 1e6,
            cause.label()));
  }

  @Override
  public void together(Together.Group group) {
    line(
        "{\"event\":\"together\",\"from\":\"%s\",\"devices\":%d,\"cause\":\"%s\"}"
            .formatted(iso(group.fromMicros), group.devices, group.cause.label()));
  }

  /** Writes what has come since the last time. */
  void flush() {
    if (pending.isEmpty()) {
      return;
    }
    String text = pending.toString();
    pending.setLength(0);
    try {
      if (file.bytes() + text.length() * 3L > MOST_BYTES) {
        file.setAside(".1");
      }
      file.append(text);
      failed = false;
    } catch (IOException e) {
      if (!failed) {
        LOG.warn("{} cannot be written: its events are left out", file, e);
      }
      failed = true;
    }
  }

  /** All that was read before a crash has been read again. */
  void caughtUp() {
    written.clear();
  }

  /**
   * Up to where the file holds only what the ledger has found, for the snapshot; 0 when that cannot
   * be told.
   */
  long bytes() {
    if (!written.isEmpty()) {
      return writtenFrom;
    }
    try {
      return file.bytes();
    } catch (IOException e) {
      return 0;
    }
  }

  private void line(String text) {
    if (!written.isEmpty() && written.remove(key(text))) {
      return;
    }
    Ledger of = ledger;
    long now = of == null ? 0 : of.nowMicros() / Ledger.SECOND;
    if (now != second) {
      if (leftOut > 0) {
        pending.append("{\"event\":\"more\",\"lines\":").append(leftOut).append("}\n");
      }
      second = now;
      lines = 0;
      leftOut = 0;
    }
    if (lines < MOST_LINES) {
      lines++;
      pending.append(text).append('\n');
    } else {
      leftOut++;
    }
  }

  /** What happened to whom and when: a line up to its beginning's time. */
  private static String key(String line) {
    int at = line.indexOf("\"from\":\"");
    int end = at < 0 ? -1 : line.indexOf('"', at + 8);
    return end < 0 ? line : line.substring(0, end);
  }

  private String quoted(int device) {
    Ledger of = ledger;
    return of == null ? "\"\"" : JSON.createValue(of.devices().name(device)).toString();
  }

  private static String iso(long micros) {
    return Instant.ofEpochSecond(
            Math.floorDiv(micros, Ledger.SECOND), Math.floorMod(micros, Ledger.SECOND) * 1_000)
        .toString();
  }
}
