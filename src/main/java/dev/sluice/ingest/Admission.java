package dev.sluice.ingest;

import dev.sluice.http.Gate;
import dev.sluice.http.limit.OverLimit;
import dev.sluice.ingest.format.Codec;
import dev.sluice.ingest.format.Outcome;
import dev.sluice.ingest.format.TsWindow;
import dev.sluice.ingest.format.Turn;
import dev.sluice.journal.AppendResult;
import dev.sluice.journal.Appender;
import java.time.InstantSource;
import java.util.concurrent.Semaphore;

/**
 * Takes readings in, whatever brought them: parses a body, appends its readings to the journal,
 * counts, and says what became of them. A transport enters, fills a work area of its own with the
 * body, asks, gives the area back, answers its sender, and leaves. Runs on the transport's thread;
 * thread-safe: it keeps nothing of a request.
 *
 * <p>What can be kept is appended, and the append has answered, before anything is said about the
 * request, good or bad.
 */
public final class Admission {
  // Why is in the log and the status: it may name paths, and says nothing to a sender.
  private static final AdmissionResult FULL =
      new AdmissionResult.Full("journal has no room, or cannot be written");
  private static final AdmissionResult CLOSED =
      new AdmissionResult.Closed("journal is closed, or has failed");

  private final IngestConfig config;
  private final Appender journal;
  private final Gate gate;
  private final InstantSource clock;
  private final IngestCounters counters = new IngestCounters();
  private final IngestLatency latency = new IngestLatency();
  private final Semaphore largeBodies =
      new Semaphore(Math.max(1, Runtime.getRuntime().availableProcessors() / 2));

  /**
   * Creates one that nobody has entered.
   *
   * @param journal where readings go; its answer is the ack
   * @param gate turns requests away while it is not open
   * @param clock time of readings that bring none
   */
  public Admission(IngestConfig config, Appender journal, Gate gate, InstantSource clock) {
    this.config = config;
    this.journal = journal;
    this.gate = gate;
    this.clock = clock;
  }

  /** What all transports have done so far. */
  public IngestCounters counters() {
    return counters;
  }

  /** How long the transports take to answer; each records its own requests here. */
  public IngestLatency latency() {
    return latency;
  }

  /**
   * Enters with a request if the gate is open.
   *
   * @return whether the caller is inside and must call {@link #leave()} once it has answered;
   *     otherwise it answers {@link #turnAway()}
   */
  public boolean tryEnter() {
    return gate.tryEnter();
  }

  /** Leaves after a successful {@link #tryEnter()}. */
  public void leave() {
    gate.leave();
  }

  /** The result for a request that could not enter. */
  public AdmissionResult.Closed turnAway() {
    counters.notNow.increment();
    return new AdmissionResult.Closed(gate.state().reason());
  }

  /**
   * The result for a request that found no room while its body was read.
   *
   * @param refusal what its work area threw
   */
  public AdmissionResult.NoRoom noRoom(Claim.NoRoomException refusal) {
    OverLimit over = refusal.over();
    if (over != null) {
      return limited(over);
    }
    String reason = String.valueOf(refusal.getMessage());
    if (refusal.isForEver()) {
      counters.refused.increment();
      return new AdmissionResult.NeverFits(reason);
    }
    counters.notNow.increment();
    return refusal.afterSeconds() > 0
        ? new AdmissionResult.TooManyNewDays(reason, refusal.afterSeconds())
        : new AdmissionResult.Busy(reason);
  }

  /** The result for a request whose client is over a limit of its own. */
  public AdmissionResult.Limited limited(OverLimit over) {
    counters.overLimit.increment();
    return new AdmissionResult.Limited(over);
  }

  /** Debits what was read of a body that is refused: to decode it took as long as a good one. */
  public void debitInVain(WorkArea area) {
    area.account().passBytes(area.received());
  }

  /**
   * Takes in the readings of one body.
   *
   * @param area holds the body, as decoded
   * @param codec the area's own for the body's format
   * @param length number of bytes of the body
   */
  public AdmissionResult admit(WorkArea area, Codec codec, int length) {
    OverLimit over = area.debitBytes(length);
    if (over != null) {
      return limited(over);
    }
    try {
      return switch (parseInTurn(area, codec, length)) {
        case Outcome.Parsed parsed -> append(area);
        case Outcome.Empty empty -> refuse("the body is empty");
        case Outcome.Malformed bad ->
            refuse("line " + bad.line() + ", column " + bad.column() + ": " + bad.reason());
        case Outcome.Undecodable bad -> refuse("byte " + bad.at() + ": " + bad.reason());
        case Outcome.TooLarge large -> {
          counters.refused.increment();
          yield new AdmissionResult.TooLarge("the readings of this request take too much memory");
        }
      };
    } catch (Claim.NoRoomException e) {
      return noRoom(e);
    }
  }

  /** So that small requests are not kept waiting, large ones take turns on half the processors. */
  private Outcome parseInTurn(WorkArea area, Codec codec, int length) {
    TsWindow window = config.window(clock.instant());
    if (length <= Turn.LARGE_BYTES) {
      return area.parse(codec, length, window);
    }
    largeBodies.acquireUninterruptibly();
    try {
      return area.parse(codec, length, window);
    } finally {
      largeBodies.release();
    }
  }

  private AdmissionResult append(WorkArea area) {
    if (area.readings().count() == 0 || area.isSpoilt()) {
      return accept(0, area);
    }
    OverLimit over = area.debitReadings();
    if (over != null) {
      return limited(over);
    }
    return switch (journal.append(area.readings())) {
      case AppendResult.Accepted kept -> accept(kept.count(), area);
      case AppendResult.Full now -> notNow(FULL);
      case AppendResult.Closed closed -> notNow(CLOSED);
    };
  }

  private AdmissionResult accept(int count, WorkArea area) {
    counters.accepted.add(count);
    counters.add(area.remarks());
    int rejected = area.rejections().count();
    if (rejected == 0) {
      counters.complete.increment();
    } else {
      counters.rejected.add(rejected);
      counters.partial.increment();
    }
    return new AdmissionResult.Accepted(count, area.rejections());
  }

  private AdmissionResult refuse(String reason) {
    counters.refused.increment();
    return new AdmissionResult.Refused(reason);
  }

  private AdmissionResult notNow(AdmissionResult result) {
    counters.notNow.increment();
    return result;
  }
}
