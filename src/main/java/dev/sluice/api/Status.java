package dev.sluice.api;

import jakarta.json.bind.annotation.JsonbNillable;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /v1/status}: how a running Sluice is.
 *
 * @param epoch grows by one with every change of phase
 * @param sinks by name, legacy first; one that is off in this phase is among them
 * @param conservation by sink: readings that are neither delivered, nor dead letters, nor waiting;
 *     0 is right, null while nothing is delivered to the sink
 * @param backfill null while Sluice starts or stops
 * @param parity hours by what is known of them; null while Sluice starts or stops
 * @param warnings what an operator must know about the stores
 * @param tables those that are not the ones the proofs were made on; null when all are
 * @param tokens those of the tokens file; absent while everyone may come in
 * @param nodes that share the topic, this one among them; absent where a journal is not shared
 */
public record Status(
    String phase,
    long epoch,
    @Nullable Journal journal,
    Map<String, Sink> sinks,
    @Nullable Ingest ingest,
    Map<String, @Nullable Long> conservation,
    @Nullable Backfill backfill,
    @Nullable HourCounts parity,
    List<String> warnings,
    @Nullable List<Table> tables,
    @JsonbNillable(false) @Nullable Tokens tokens,
    @JsonbNillable(false) @Nullable List<Node> nodes) {

  public Status {
    sinks = Objects.requireNonNullElse(sinks, Map.of());
    conservation = Objects.requireNonNullElse(conservation, Map.of());
    warnings = Objects.requireNonNullElse(warnings, List.of());
  }

  /**
   * The journal's offsets and bytes.
   *
   * @param ack what an acknowledgement waits for: {@code os}, {@code fsync} or {@code replicated}
   * @param lost readings lost from it
   * @param full why it takes no more readings now
   */
  public record Journal(
      long firstOffset,
      long nextOffset,
      long bytes,
      long maxBytes,
      String ack,
      long lost,
      @Nullable String full) {}

  /**
   * One delivery. All but the state is unknown while there is none. Where nodes share the delivery,
   * the one that leads answers for all of them, and any other for its own part.
   *
   * @param state {@code off} in a phase that does not write the store, {@code elsewhere} where
   *     another node delivers, {@code starting} until it is open here, or what the delivery does
   * @param newestDay of the new store when it was opened, if it had any; null for the legacy one
   */
  @SuppressWarnings("NullableOptional") // absent for one store, null or a day for the other
  public record Sink(
      String state,
      @Nullable Long cursor,
      @Nullable Long lagReadings,
      @Nullable Double lagSeconds,
      @Nullable Long delivered,
      @Nullable Long deadLetters,
      @Nullable Long lost,
      @Nullable String lastError,
      @JsonbNillable(false) @Nullable Optional<LocalDate> newestDay) {
    public static final Sink OFF = without("off");
    public static final Sink STARTING = without("starting");
    public static final Sink ELSEWHERE = without("elsewhere");

    /** A part that another node delivers. */
    public static Sink elsewhere(
        long settled,
        long lagReadings,
        double lagSeconds,
        long delivered,
        long deadLetters,
        long lost) {
      return new Sink(
          "elsewhere", settled, lagReadings, lagSeconds, delivered, deadLetters, lost, null, null);
    }

    /** Both parts of a sink, in the state of this one. Both are known. */
    public Sink plus(Sink other) {
      return new Sink(
          state,
          sum(cursor, other.cursor),
          sum(lagReadings, other.lagReadings),
          lagSeconds == null || other.lagSeconds == null
              ? lagSeconds
              : Double.valueOf(Math.max(lagSeconds, other.lagSeconds)),
          sum(delivered, other.delivered),
          sum(deadLetters, other.deadLetters),
          sum(lost, other.lost),
          lastError,
          newestDay);
    }

    private static @Nullable Long sum(@Nullable Long one, @Nullable Long other) {
      return one == null || other == null ? one : Long.valueOf(one + other);
    }

    private static Sink without(String state) {
      return new Sink(state, null, null, null, null, null, null, null, null);
    }

    /** The same with this day, which is written as null when there is none. */
    public Sink withNewestDay(Optional<LocalDate> day) {
      return new Sink(
          state, cursor, lagReadings, lagSeconds, delivered, deadLetters, lost, lastError, day);
    }
  }

  /**
   * What ingest did since the start.
   *
   * @param accepted readings acknowledged
   * @param rejected readings refused
   * @param restamped readings stored at the time of receipt
   * @param ignored values not stored, by kind
   * @param limited requests of the clients of the tokens file, by name, that were refused because
   *     of a limit of the client; absent when there were none
   */
  public record Ingest(
      long accepted,
      long rejected,
      long restamped,
      Map<String, Long> ignored,
      @JsonbNillable(false) @Nullable Map<String, Long> limited) {}

  /**
   * The tokens and certificates that the tokens file names.
   *
   * @param problem why the file is refused as it is now, and how long those read before it remain
   *     valid; null while it is good
   */
  public record Tokens(int valid, int expired, @Nullable String problem) {}

  /**
   * One Sluice of those that share a topic.
   *
   * @param roles of {@code ingest} and {@code delivery}
   * @param state {@code live}, or {@code gone} while it is silent
   * @param leads whether it leads: it delivers, alone or with others, and changes the phase
   * @param epoch of the phase it follows; 0 while it knows none
   * @param seenSeconds how long ago it was last heard of
   * @param ingestUrl its ingest port, which reads go to as well; empty until it is open
   * @param adminUrl its admin port; likewise
   * @param self whether it is the one that answers
   * @param partitions how many it delivers; absent where it has no part in that
   * @param deadLetterBytes what its own files of dead letters hold; likewise
   */
  public record Node(
      String id,
      List<String> roles,
      String state,
      boolean leads,
      long epoch,
      double seenSeconds,
      String ingestUrl,
      String adminUrl,
      boolean self,
      @JsonbNillable(false) @Nullable Integer partitions,
      @JsonbNillable(false) @Nullable Long deadLetterBytes) {
    public static final String LIVE = "live";
    public static final String GONE = "gone";
  }

  /** The part of {@link BackfillStatus} that tells how far it is. */
  public record Backfill(String state, long rowsCopied, @Nullable Long rowsTotal) {}

  /**
   * A table that is not the one the proofs were made on.
   *
   * @param since when that was found
   * @param why what it means, and what to do
   */
  public record Table(String store, Instant since, String why) {}
}
