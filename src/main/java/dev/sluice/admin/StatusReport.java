package dev.sluice.admin;

import dev.sluice.api.BackfillStatus;
import dev.sluice.api.Status;
import dev.sluice.delivery.Delivery;
import dev.sluice.delivery.DeliveryStatus;
import dev.sluice.http.auth.TokensFile;
import dev.sluice.journal.JournalConfig;
import dev.sluice.journal.JournalStats;
import dev.sluice.migration.StoreNames;
import dev.sluice.migration.backfill.Backfill;
import dev.sluice.migration.phase.Phase;
import dev.sluice.migration.phase.PhaseRecord;
import dev.sluice.migration.phase.Role;
import dev.sluice.migration.verify.Verify;
import java.time.Instant;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The response to {@code GET /v1/status}, assembled from the parts on each request. Thread-safe.
 *
 * @param phase the phase in force, if it is known
 * @param journal its offsets and bytes
 * @param ack what an ack waits for
 * @param deliveries the running deliveries by sink; a sink without one is off in this phase, is not
 *     open yet, or is written by another node
 * @param newestDay QuestDB's newest day when it was opened
 * @param accepted readings acknowledged by ingest since the start
 * @param rejected readings refused by ingest since the start
 * @param ignored values that ingest has not stored since the start, by kind
 * @param restamped readings that ingest has stored at the time of receipt since the start
 * @param limited refused requests of clients over a limit of their own, by client
 * @param backfill empty while Sluice starts or stops
 * @param verify likewise
 * @param warnings what an operator must know about the stores
 * @param tables which tables are not those the proofs were made on; null when all are
 * @param tokens empty while everyone may come in
 * @param nodes those that share the topic; empty where a journal is not shared
 * @param elsewhere what other nodes deliver to the sinks while this one leads
 */
public record StatusReport(
    Supplier<Optional<PhaseRecord>> phase,
    Supplier<JournalStats> journal,
    JournalConfig.Ack ack,
    StoreNames names,
    Supplier<Map<String, Delivery>> deliveries,
    Supplier<Optional<LocalDate>> newestDay,
    LongSupplier accepted,
    LongSupplier rejected,
    Supplier<Map<String, Long>> ignored,
    LongSupplier restamped,
    Supplier<Map<String, Long>> limited,
    Supplier<Optional<Backfill>> backfill,
    Supplier<Optional<Verify>> verify,
    Supplier<List<String>> warnings,
    Supplier<@Nullable List<Status.Table>> tables,
    Optional<TokensFile> tokens,
    Supplier<List<Status.Node>> nodes,
    Supplier<Map<String, Status.Sink>> elsewhere) {

  /** What the phase is called; {@code unknown} on a node that nobody has told yet. */
  public static String phase(Optional<PhaseRecord> record) {
    return record.map(PhaseRecord::phase).map(Phase::label).orElse("unknown");
  }

  /** The report as it is now. */
  public Status status() {
    Optional<PhaseRecord> record = phase.get();
    Map<String, Delivery> running = deliveries.get();
    List<Status.Node> all = nodes.get();
    Map<String, Status.Sink> others = elsewhere.get();
    Map<String, Status.Sink> sinks = new LinkedHashMap<>();
    Map<String, @Nullable Long> conservation = new LinkedHashMap<>();
    for (Role role : Role.values()) {
      String name = names.of(role);
      Optional<DeliveryStatus> its = Optional.ofNullable(running.get(name)).map(Delivery::status);
      Status.Sink sink =
          its.map(StatusReport::sink)
              .map(own -> others.containsKey(name) ? own.plus(others.get(name)) : own)
              .orElse(without(all, record, role));
      sinks.put(
          name,
          role == Role.NEXT
              ? sink.withNewestDay(its.isPresent() ? newestDay.get() : Optional.empty())
              : sink);
      conservation.put(name, its.map(DeliveryStatus::residue).orElse(null));
    }
    return new Status(
        phase(record),
        record.map(PhaseRecord::epoch).orElse(0L),
        journal(journal.get()),
        sinks,
        new Status.Ingest(
            accepted.getAsLong(),
            rejected.getAsLong(),
            restamped.getAsLong(),
            ignored.get(),
            orNull(limited.get())),
        conservation,
        backfill.get().map(each -> backfill(each.status())).orElse(null),
        verify.get().map(each -> each.status().hours()).orElse(null),
        warnings.get(),
        tables.get(),
        tokens.map(StatusReport::tokens).orElse(null),
        all.isEmpty() ? null : all);
  }

  /** What a store is that this node delivers nothing to now. */
  private static Status.Sink without(
      List<Status.Node> all, Optional<PhaseRecord> record, Role role) {
    if (record.filter(present -> present.phase().writes(role)).isEmpty()) {
      return Status.Sink.OFF;
    }
    return all.stream().anyMatch(node -> node.self() && !node.leads())
        ? Status.Sink.ELSEWHERE
        : Status.Sink.STARTING;
  }

  private Status.Journal journal(JournalStats stats) {
    return new Status.Journal(
        stats.firstOffset(),
        stats.nextOffset(),
        stats.bytes(),
        stats.maxBytes(),
        ack.name().toLowerCase(Locale.ROOT),
        stats.lost(),
        orNull(stats.full()));
  }

  private static Status.Sink sink(DeliveryStatus status) {
    return new Status.Sink(
        status.state().label(),
        status.cursor(),
        status.lagReadings(),
        status.lagSeconds(),
        status.delivered(),
        status.deadLetters(),
        status.lost(),
        orNull(status.lastError()),
        null);
  }

  private static Status.Tokens tokens(TokensFile file) {
    Instant now = Instant.now();
    return new Status.Tokens(file.valid(now), file.expired(now), file.problem().orElse(null));
  }

  private static Status.Backfill backfill(BackfillStatus status) {
    return new Status.Backfill(status.state(), status.rowsCopied(), status.rowsTotal());
  }

  private static @Nullable Map<String, Long> orNull(Map<String, Long> counts) {
    return counts.isEmpty() ? null : counts;
  }

  private static @Nullable String orNull(@Nullable String text) {
    return text == null || text.isEmpty() ? null : text;
  }
}
