package dev.sluice.migration.backfill;

import dev.sluice.files.ListingFile;
import dev.sluice.migration.Pair;
import dev.sluice.store.History.Finding;
import dev.sluice.store.ReadingSource.UnavailableException;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/**
 * Inspects every row before copying, writes each finding to the findings file and counts it by
 * class. Runs on the backfill's thread; any thread may read the figures.
 */
final class Inspection {
  private final Path file;
  private final long maxBytes;
  private final CopyGate gate;
  private volatile State state = State.NONE;
  private volatile long inspectedTo;
  private volatile long rows;
  private volatile long lastId;
  private volatile Findings findings = Findings.NONE;

  enum State {
    NONE,
    RUNNING,
    DONE;

    /** The spelling in JSON. */
    String label() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  Inspection(Path file, long maxBytes, CopyGate gate) {
    this.file = file;
    this.maxBytes = maxBytes;
    this.gate = gate;
  }

  State state() {
    return state;
  }

  /** The row id reached. */
  long inspectedTo() {
    return inspectedTo;
  }

  /** Rows inspected so far. */
  long rows() {
    return rows;
  }

  /** The last row id to inspect. */
  long lastId() {
    return lastId;
  }

  Findings findings() {
    return findings;
  }

  /**
   * Inspects all rows up to this id; whenever a store or the disk fails, pauses and starts over.
   */
  void run(long toId) {
    lastId = toId;
    state = State.RUNNING;
    while (true) {
      Pair pair = gate.pass();
      findings = Findings.NONE;
      inspectedTo = 0;
      rows = 0;
      try (ListingFile listing = ListingFile.anew(file, maxBytes)) {
        pair.legacy().history().inspect(toId, each -> found(listing, each), this::reached);
        listing.sync();
        gate.succeeded();
        inspectedTo = toId;
        state = State.DONE;
        return;
      } catch (UnavailableException e) {
        gate.failed(e);
      } catch (UncheckedIOException | IOException e) {
        gate.failed(notListed(file, e));
      }
    }
  }

  /** Only what must be known before rows up to this id are copied in the order of ids. */
  Findings foresee(long toId) {
    while (true) {
      Pair pair = gate.pass();
      findings = Findings.NONE;
      try (ListingFile listing = ListingFile.anew(file, maxBytes)) {
        pair.legacy().history().foresee(toId, each -> found(listing, each));
        listing.sync();
        gate.succeeded();
        return findings;
      } catch (UnavailableException e) {
        gate.failed(e);
      } catch (UncheckedIOException | IOException e) {
        gate.failed(notListed(file, e));
      }
    }
  }

  private void reached(long id, long rowsSoFar) {
    inspectedTo = id;
    rows = rowsSoFar;
    gate.pass();
  }

  private void found(ListingFile listing, Finding finding) {
    try {
      findings = findings.plus(finding.rowClass(), listing.add(line(finding)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** How a finding is listed. */
  static JsonObject line(Finding finding) {
    return Json.createObjectBuilder()
        .add("class", finding.rowClass().label())
        .add("key", finding.key())
        .add("reason", finding.reason())
        .build();
  }

  /** Why a finding could not be listed. */
  static String notListed(Path file, Exception e) {
    return "the findings file " + file + " cannot be written: " + e.getMessage();
  }
}
