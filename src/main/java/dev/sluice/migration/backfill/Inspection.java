package dev.sluice.migration.backfill;

import dev.sluice.files.ListingFile;
import dev.sluice.migration.Pair;
import dev.sluice.store.History.Finding;
import dev.sluice.store.ReadingSource.UnavailableException;
import jakarta.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/**
 * A look at every row before copying, which writes each finding to the findings file and counts it
 * by class. Runs on the backfill's thread; the figures may be asked for from any.
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

  /** What it is doing. */
  enum State {
    NONE,
    RUNNING,
    DONE;

    /** As JSON spells it. */
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

  /** The row id it has come to. */
  long inspectedTo() {
    return inspectedTo;
  }

  /** How many rows it has looked at. */
  long rows() {
    return rows;
  }

  /** The row id it ends at. */
  long lastId() {
    return lastId;
  }

  Findings findings() {
    return findings;
  }

  /**
   * Looks at all rows up to this id; begins anew, after a while, whenever a store or disk fails.
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
        gate.failed("the findings file " + file + " cannot be written: " + e.getMessage());
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
      boolean listed =
          listing.add(
              Json.createObjectBuilder()
                  .add("class", finding.rowClass().label())
                  .add("key", finding.key())
                  .add("reason", finding.reason())
                  .build());
      findings = findings.plus(finding.rowClass(), listed);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
