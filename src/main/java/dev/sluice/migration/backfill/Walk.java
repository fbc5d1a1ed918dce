package dev.sluice.migration.backfill;

import dev.sluice.files.ListingFile;
import dev.sluice.journal.Mark;
import dev.sluice.migration.Pair;
import dev.sluice.migration.RecentRate;
import dev.sluice.reading.Counted;
import dev.sluice.store.History.Finding;
import dev.sluice.store.History.Position;
import dev.sluice.store.ReadingSource.UnavailableException;
import jakarta.json.Json;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies the legacy table chunk by chunk, from the checkpoint to the greatest id to copy, until all
 * of it is applied. Runs on the backfill's thread. While no readings arrive, the next chunk is read
 * as one is written.
 */
final class Walk {
  private static final Logger LOG = LoggerFactory.getLogger(Walk.class);

  /** Shorter than any store takes to restart, so that no restart goes unnoticed during a read. */
  private static final Duration LOOK_EVERY = Duration.ofMillis(50);

  private final BackfillParts parts;
  private final CopyGate gate;
  private final Limits limits;
  private final ReadAhead ahead;
  private final ChunkWriter writer;
  private final ChunkSize size;
  private final PendingChunks pending;
  private final RecentRate rate;
  private Mark journalEnd;
  private boolean live;
  private volatile Checkpoint written;
  private volatile String syncing = "";

  Walk(
      BackfillParts parts,
      CopyGate gate,
      Limits limits,
      RunControl control,
      RecentRate rate,
      BackfillState from) {
    this.parts = parts;
    this.gate = gate;
    this.limits = limits;
    this.ahead =
        new ReadAhead(
            new ChunkReader(
                control,
                from.bounds().course().orElseThrow(),
                from.bounds().lastId().orElseThrow(),
                !from.bounds().inspected()));
    this.writer = new ChunkWriter(control);
    this.size = new ChunkSize(parts.config().chunkRows());
    this.pending = new PendingChunks(from.checkpoint(), this::keep);
    this.rate = rate;
    this.written = from.checkpoint();
    this.journalEnd = parts.stores().journalEnd();
  }

  void run() {
    try (ahead) {
      boolean more = true;
      while (more || !pending.isEmpty()) {
        if (!ahead.isReading()) {
          Pair pair = more ? gate.pass(this::settle) : gate.pass(this::drain);
          begin(pair, pending.head().position());
        }
        // Asked again behind the drain: what the store has lost meanwhile is copied again.
        more = step();
      }
    }
  }

  private void begin(Pair pair, Position after) {
    ahead.begin(pair, after, parts.pace().atMost(size.rows()));
  }

  /** How far QuestDB shows the copy, including what it may still lose. Any thread may call. */
  Checkpoint written() {
    return written;
  }

  /**
   * Why written rows do not count yet; empty if none is waiting for a sync. Any thread may call.
   */
  String syncing() {
    return syncing;
  }

  private Optional<String> settle(Pair pair) {
    Optional<String> why = pending.settle(pair);
    syncing = pending.syncing();
    written = pending.applied();
    return why;
  }

  private Optional<String> drain(Pair pair) {
    Optional<String> why = pending.drain(pair);
    syncing = pending.syncing();
    written = pending.applied();
    return why;
  }

  /** False behind the last chunk. */
  private boolean step() {
    try {
      return switch (read()) {
        case ChunkReader.Nothing() -> false;
        case ChunkReader.Failed(String why) -> {
          pending.interrupted();
          gate.failed(why);
          yield true;
        }
        case ChunkReader.Rows rows -> {
          try (rows) {
            write(rows);
          }
          yield true;
        }
      };
    } catch (UnavailableException e) {
      ahead.drop();
      gate.failed(e);
      return true;
    }
  }

  private ChunkReader.Result read() throws UnavailableException {
    Optional<ChunkReader.Result> read;
    do {
      gate.look(this::settle);
      read = ahead.await(LOOK_EVERY);
    } while (read.isEmpty());
    return read.orElseThrow();
  }

  private void write(ChunkReader.Rows rows) throws UnavailableException {
    parts.pace().took(rows.count());
    Optional<Pair> next = live ? Optional.empty() : gate.passed(pending::settleBeside);
    if (!rows.after().equals(pending.head().position())) {
      // The store has lost what came before it: that is copied again first.
      return;
    }
    next.ifPresent(pair -> begin(pair, rows.end()));
    apply(writer.write(rows), rows);
  }

  private void apply(ChunkWriter.Result result, ChunkReader.Rows rows) {
    switch (result) {
      case ChunkWriter.Written chunk -> {
        listRefused(chunk.refused());
        Checkpoint reached = reached(rows, chunk, list(rows.findings()));
        pending.written(reached, chunk.txn(), chunk.durableAfter());
        gate.succeeded();
        Duration work = rows.work().plus(chunk.work());
        size.took(work);
        rate.add(rows.count());
        gate.rest(restAfter(work));
      }
      case ChunkWriter.Failed(String why) -> {
        ahead.drop();
        pending.interrupted();
        gate.failed(why);
      }
      case ChunkWriter.TooLarge(String why) -> {
        ahead.tooLarge();
        size.tooMuch();
        gate.failed(why);
      }
    }
  }

  private Checkpoint reached(ChunkReader.Rows rows, ChunkWriter.Written chunk, Findings listed) {
    int refused = chunk.refused().size();
    Seen seen = rows.seen();
    return pending
        .head()
        .plus(
            rows.end(),
            rows.readings().size() - chunk.superseded() - refused,
            rows.skipped(),
            chunk.superseded(),
            refused,
            new Seen(seen.rows(), seen.firstId(), listed));
  }

  /**
   * While readings arrive, ingest gets at least a third of the time to itself, and up to two thirds
   * as its response times approach their limit.
   */
  private Duration restAfter(Duration work) {
    Mark end = parts.stores().journalEnd();
    live = !end.reachedBy(journalEnd);
    journalEnd = end;
    double share = live ? 0.5 + 1.5 * limits.ingestStrain() : 0;
    return Duration.ofNanos((long) (work.toNanos() * share));
  }

  private void keep(Checkpoint reached) throws IOException {
    parts.store().update(state -> state.at(reached));
  }

  /** Lists findings, before their chunk counts; a crash may list them again. */
  private Findings list(List<Finding> findings) {
    while (!findings.isEmpty()) {
      Findings listed = Findings.NONE;
      try (ListingFile listing =
          ListingFile.append(parts.findingsFile(), parts.maxListingBytes())) {
        for (Finding finding : findings) {
          listed = listed.plus(finding.rowClass(), listing.add(Inspection.line(finding)));
        }
        listing.sync();
        return listed;
      } catch (IOException e) {
        gate.failed(Inspection.notListed(parts.findingsFile(), e));
      }
    }
    return Findings.NONE;
  }

  /** Lists refused rows, before their chunk counts. */
  private void listRefused(List<ChunkWriter.Refusal> refused) {
    while (!refused.isEmpty()) {
      try (ListingFile listing = ListingFile.append(parts.refusedFile(), parts.maxListingBytes())) {
        for (ChunkWriter.Refusal refusal : refused) {
          listing.add(line(refusal));
        }
        listing.sync();
        LOG.warn(
            "QuestDB refused {} permanently, listed in {}; first reason: {}",
            Counted.of(refused.size(), "row"),
            parts.refusedFile(),
            refused.getFirst().reason());
        return;
      } catch (IOException e) {
        gate.failed("refused rows cannot be listed in " + parts.refusedFile() + ": " + e);
      }
    }
  }

  private static jakarta.json.JsonObject line(ChunkWriter.Refusal refusal) {
    Instant ts = Instant.EPOCH.plus(refusal.row().tsMicros(), ChronoUnit.MICROS);
    return Json.createObjectBuilder()
        .add("class", "refused")
        .add("device_id", refusal.row().device())
        .add("metric", refusal.row().metric())
        .add("ts", ts.toString())
        .add("value", refusal.row().value())
        .add("reason", refusal.reason())
        .build();
  }
}
