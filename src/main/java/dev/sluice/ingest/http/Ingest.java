package dev.sluice.ingest.http;

import dev.sluice.http.ByteBudget;
import dev.sluice.http.ErrorAnswer;
import dev.sluice.http.Gate;
import dev.sluice.http.RetryAfter;
import dev.sluice.ingest.Claim;
import dev.sluice.ingest.IngestConfig;
import dev.sluice.ingest.IngestCounters;
import dev.sluice.ingest.IngestLatency;
import dev.sluice.ingest.WorkArea;
import dev.sluice.ingest.WorkAreas;
import dev.sluice.ingest.format.Format;
import dev.sluice.ingest.format.Outcome;
import dev.sluice.ingest.format.Precision;
import dev.sluice.ingest.format.Rejections;
import dev.sluice.ingest.format.TsWindow;
import dev.sluice.ingest.format.Turn;
import dev.sluice.journal.AppendResult;
import dev.sluice.journal.Appender;
import dev.sluice.reading.ReadingBuffer;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.time.InstantSource;
import java.util.concurrent.Semaphore;

/**
 * Takes one request's readings from its body to the journal, and answers. Runs on the connection's
 * virtual thread; thread-safe.
 *
 * <p>What can be kept is appended, and the append has answered, before the client is told anything
 * about it, good or bad. Every answer is decided here: 204, 400 and 413 for what will never be
 * different, 503 for what may be.
 */
final class Ingest {
  private static final int AREAS_KEPT = 128;

  /** A journal makes room by whole segments, at the pace of a store. */
  private static final int FULL_SECONDS = 10;

  /** About as long as a restart takes. */
  private static final int NOT_OPEN_SECONDS = 5;

  private static final int BUSY_SECONDS = 1;

  private final IngestConfig config;
  private final BodyReader bodies;
  private final WorkAreas areas;
  private final Appender journal;
  private final Gate gate;
  private final IngestCounters counters;
  private final IngestLatency latency;
  private final Semaphore largeBodies =
      new Semaphore(Math.max(1, Runtime.getRuntime().availableProcessors() / 2));
  private final InstantSource clock;
  private final RetryAfter full = new RetryAfter(FULL_SECONDS);
  private final RetryAfter notOpen = new RetryAfter(NOT_OPEN_SECONDS);
  private final RetryAfter busy = new RetryAfter(BUSY_SECONDS);

  Ingest(
      IngestConfig config,
      ByteBudget budget,
      Appender journal,
      Gate gate,
      IngestCounters counters,
      IngestLatency latency,
      InstantSource clock) {
    this.config = config;
    int maxReadingBytes = maxReadingBytes(config.maxBodyBytes());
    boolean refusesTexts = config.textFields() == IngestConfig.TextFields.REFUSE;
    this.bodies = new BodyReader(config.maxBodyBytes());
    this.areas =
        new WorkAreas(
            AREAS_KEPT,
            () -> new WorkArea(budget, config.deviceTags(), refusesTexts, maxReadingBytes));
    this.journal = journal;
    this.gate = gate;
    this.counters = counters;
    this.latency = latency;
    this.clock = clock;
  }

  /** Handles one request; {@code precision} counts for {@link Format#LINES} only. */
  void take(ServerRequest request, ServerResponse response, Format format, Precision precision) {
    if (!gate.tryEnter()) {
      notNow(request, response, format, notOpen.refused(), gate.state().reason()).run();
      return;
    }
    try {
      respond(request, response, format, precision).run();
    } finally {
      gate.leave();
    }
  }

  /**
   * Decides what the answer is. By the time it is sent nothing of the request is held any more: a
   * client may take its time to read an answer, or never read it.
   */
  private Runnable respond(
      ServerRequest request, ServerResponse response, Format format, Precision precision) {
    WorkArea area = areas.take();
    try {
      area.begin();
      return switch (bodies.read(request, area)) {
        case Body.Complete body -> {
          long begin = System.nanoTime();
          Runnable answer = parse(request, response, format, precision, area, body.length());
          latency.record(System.nanoTime() - begin);
          yield answer;
        }
        case Body.Refused refused ->
            refuse(request, response, format, refused.status(), refused.reason());
      };
    } catch (Claim.NoRoomException e) {
      return noRoom(request, response, format, e);
    } finally {
      areas.giveBack(area);
    }
  }

  private Runnable parse(
      ServerRequest request,
      ServerResponse response,
      Format format,
      Precision precision,
      WorkArea area,
      int length) {
    if (length == 0 && format != Format.LINES) {
      return refuse(request, response, format, Status.BAD_REQUEST_400, "the body is empty");
    }
    return switch (parseInTurn(area, format, precision, length)) {
      case Outcome.Parsed parsed -> append(request, response, format, area);
      case Outcome.Malformed bad ->
          refuse(
              request,
              response,
              format,
              Status.BAD_REQUEST_400,
              "line " + bad.line() + ", column " + bad.column() + ": " + bad.reason());
      case Outcome.TooLarge large ->
          tooLarge(request, response, format, "the readings of this request take too much memory");
    };
  }

  /** So that small requests are not kept waiting, large ones take turns on half the processors. */
  private Outcome parseInTurn(WorkArea area, Format format, Precision precision, int length) {
    TsWindow window = config.window(clock.instant());
    if (length <= Turn.LARGE_BYTES) {
      return area.parse(format, precision, length, window);
    }
    largeBodies.acquireUninterruptibly();
    try {
      return area.parse(format, precision, length, window);
    } finally {
      largeBodies.release();
    }
  }

  private Runnable append(
      ServerRequest request, ServerResponse response, Format format, WorkArea area) {
    if (area.readings().count() == 0) {
      return answer(request, response, format, 0, area);
    }
    return switch (journal.append(area.readings())) {
      case AppendResult.Accepted kept -> {
        full.over();
        busy.over();
        notOpen.over();
        yield answer(request, response, format, kept.count(), area);
      }
      // Why is in the log and the status: it may name paths, and says nothing to a client.
      case AppendResult.Full now ->
          notNow(
              request,
              response,
              format,
              full.refused(),
              "journal has no room, or cannot be written");
      case AppendResult.Closed closed ->
          notNow(request, response, format, notOpen.refused(), "journal is closed, or has failed");
    };
  }

  private Runnable answer(
      ServerRequest request, ServerResponse response, Format format, int accepted, WorkArea area) {
    Rejections rejections = area.rejections();
    counters.accepted.add(accepted);
    counters.add(area.remarks());
    if (rejections.count() == 0) {
      counters.complete.increment();
      return () -> response.status(Status.NO_CONTENT_204).send();
    }
    counters.rejected.add(rejections.count());
    counters.partial.increment();
    String json = PartialAnswer.of(accepted, format.positionName(), rejections);
    return () -> send(request, response, format, Status.BAD_REQUEST_400, json);
  }

  /** Turns a whole request away for good: whatever the status, clients are not to send it again. */
  Runnable refuse(
      ServerRequest request, ServerResponse response, Format format, Status status, String reason) {
    counters.refused.increment();
    String json = ErrorAnswer.nothingKept(status, reason);
    return () -> send(request, response, format, status, json);
  }

  /** A request that would not fit alone is not asked to come again. */
  private Runnable noRoom(
      ServerRequest request,
      ServerResponse response,
      Format format,
      Claim.NoRoomException refusal) {
    String reason = String.valueOf(refusal.getMessage());
    if (refusal.isForEver()) {
      return tooLarge(request, response, format, reason);
    }
    int seconds = refusal.afterSeconds() > 0 ? refusal.afterSeconds() : busy.refused();
    return notNow(request, response, format, seconds, reason);
  }

  private Runnable tooLarge(
      ServerRequest request, ServerResponse response, Format format, String reason) {
    return refuse(
        request,
        response,
        format,
        Status.REQUEST_ENTITY_TOO_LARGE_413,
        reason + ": send smaller batches");
  }

  private Runnable notNow(
      ServerRequest request, ServerResponse response, Format format, int seconds, String reason) {
    counters.notNow.increment();
    return () -> {
      if (format == Format.LINES) {
        chunked(request, response);
      }
      ErrorAnswer.sendNotNow(request, response, seconds, reason + "; nothing was kept, try again");
    };
  }

  private static void send(
      ServerRequest request, ServerResponse response, Format format, Status status, String json) {
    if (status.equals(Status.LENGTH_REQUIRED_411)) {
      // What comes next is the body, if there is one, and not another request.
      response.header(HeaderValues.CONNECTION_CLOSE);
    }
    if (format == Format.LINES) {
      chunked(request, response);
    }
    ErrorAnswer.sendBody(request, response, status, json);
  }

  /** QuestDB's Java client reads the body of an error only if it comes in chunks. */
  private static void chunked(ServerRequest request, ServerResponse response) {
    if (!request.headers().containsToken(HeaderValues.CONNECTION_CLOSE)) {
      response.header(HeaderValues.TRANSFER_ENCODING_CHUNKED);
    }
  }

  /** One short field per reading grows most when encoded: far more than this is no honest body. */
  private static int maxReadingBytes(int maxBodyBytes) {
    return (int) Math.min(Integer.MAX_VALUE - 8, 8L * maxBodyBytes + ReadingBuffer.CHUNK_BYTES);
  }
}
