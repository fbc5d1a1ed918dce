package dev.sluice.migration.backfill;

import dev.sluice.files.ListingFile;
import dev.sluice.journal.Mark;
import dev.sluice.migration.Pair;
import dev.sluice.migration.RecentRate;
import dev.sluice.reading.Counted;
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
 * of it is applied. Runs on the backfill's thread.
 */
final class Walk {
  private static final Logger LOG = LoggerFactory.getLogger(Walk.class);

  private final BackfillParts parts;
  private final CopyGate gate;
  private final Limits limits;
  private final ChunkCopy copy;
  private final ChunkSize size;
  private final PendingChunks pending;
  private final long lastId;
  private final RecentRate rate;
  private Mark journalEnd;
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
    this.copy = new ChunkCopy(control);
    this.size = new ChunkSize(parts.config().chunkRows());
    this.pending = new PendingChunks(from.checkpoint(), this::keep);
    this.rate = rate;
    this.written = from.checkpoint();
    this.lastId = from.bounds().lastId().orElseThrow();
    this.journalEnd = parts.stores().journalEnd();
  }

  void run() {
    boolean more = true;
    while (more || !pending.isEmpty()) {
      Pair pair = more ? gate.pass(this::settle) : gate.pass(this::drain);
      // Asked again behind the drain: what the store has lost meanwhile is copied again.
      more = step(pair);
    }
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
  private boolean step(Pair pair) {
    Checkpoint from = pending.head();
    int rows = parts.pace().atMost(size.rows());
    try {
      long began = System.nanoTime();
      Optional<Position> end = pair.legacy().history().chunkEnd(from.position(), lastId, rows);
      if (end.isEmpty()) {
        return false;
      }
      Duration seeking = Duration.ofNanos(System.nanoTime() - began);
      apply(copy.copy(pair, from, end.orElseThrow(), lastId), from, seeking);
    } catch (UnavailableException e) {
      gate.failed(e);
    }
    return true;
  }

  private void apply(ChunkCopy.Result result, Checkpoint from, Duration seeking) {
    switch (result) {
      case ChunkCopy.Written chunk -> {
        list(chunk.refused());
        pending.written(chunk.reached(), chunk.txn(), chunk.durableAfter());
        gate.succeeded();
        Duration work = chunk.work().plus(seeking);
        size.took(work);
        parts.pace().took(chunk.reached().done() - from.done());
        rate.add(chunk.reached().done() - from.done());
        gate.rest(restAfter(work));
      }
      case ChunkCopy.Failed(String why) -> {
        pending.interrupted();
        gate.failed(why);
      }
      case ChunkCopy.TooLarge(String why) -> {
        size.tooMuch();
        gate.failed(why);
      }
    }
  }

  /**
   * While readings arrive, ingest gets at least a third of the time to itself, and up to two thirds
   * as its response times approach their limit.
   */
  private Duration restAfter(Duration work) {
    Mark end = parts.stores().journalEnd();
    boolean live = !end.reachedBy(journalEnd);
    journalEnd = end;
    double share = live ? 0.5 + 1.5 * limits.ingestStrain() : 0;
    return Duration.ofNanos((long) (work.toNanos() * share));
  }

  private void keep(Checkpoint reached) throws IOException {
    parts.store().update(state -> state.at(reached));
  }

  /** Lists refused rows, before their chunk counts. */
  private void list(List<ChunkCopy.Refusal> refused) {
    while (!refused.isEmpty()) {
      try (ListingFile listing = ListingFile.append(parts.refusedFile(), parts.maxListingBytes())) {
        for (ChunkCopy.Refusal refusal : refused) {
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

  private static jakarta.json.JsonObject line(ChunkCopy.Refusal refusal) {
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
