package dev.sluice.ingest.http;

import dev.sluice.http.ByteBudget;
import dev.sluice.http.ErrorAnswer;
import dev.sluice.http.RetryAfter;
import dev.sluice.http.limit.Account;
import dev.sluice.http.limit.Limits;
import dev.sluice.http.limit.OverLimit;
import dev.sluice.ingest.Admission;
import dev.sluice.ingest.AdmissionResult;
import dev.sluice.ingest.Claim;
import dev.sluice.ingest.IngestConfig;
import dev.sluice.ingest.WorkArea;
import dev.sluice.ingest.WorkAreas;
import dev.sluice.ingest.format.Codec;
import dev.sluice.ingest.format.IgnoredKind;
import dev.sluice.ingest.format.Rejections;
import io.helidon.http.Status;

/**
 * Brings the bodies of write requests to {@link Admission}, and makes an answer of each result.
 * Runs on the connection's virtual thread; thread-safe.
 *
 * <p>Every answer is decided here: 204, 400 and 413 for what will never be different, 503 for what
 * may be, 429 or 503 for a client over a limit of its own. OTLP has a 200 instead of the 204, and
 * of the 400 for a request that was kept in part.
 */
final class Ingest {
  private static final int AREAS_KEPT = 128;

  /** A journal makes room by whole segments, at the pace of a store. */
  private static final int FULL_SECONDS = 10;

  /** About as long as a restart takes. */
  private static final int NOT_OPEN_SECONDS = 5;

  private static final int BUSY_SECONDS = 1;

  private final BodyReader bodies;
  private final WorkAreas<HttpWorkArea> areas;
  private final Admission admission;
  private final Limits limits;
  private final RetryAfter full = new RetryAfter(FULL_SECONDS);
  private final RetryAfter notOpen = new RetryAfter(NOT_OPEN_SECONDS);
  private final RetryAfter busy = new RetryAfter(BUSY_SECONDS);

  Ingest(IngestConfig config, ByteBudget budget, Admission admission, Limits limits) {
    this.bodies = new BodyReader(config.maxBodyBytes());
    this.areas = new WorkAreas<>(AREAS_KEPT, () -> new HttpWorkArea(budget, config));
    this.admission = admission;
    this.limits = limits;
  }

  /** Handles one request. */
  void take(IngestRequest request) {
    if (!admission.tryEnter()) {
      request.send(closed(admission.turnAway()));
      return;
    }
    try {
      takeWithinLimits(request);
    } finally {
      admission.leave();
    }
  }

  /** A client over a limit is refused before its body is read. */
  private void takeWithinLimits(IngestRequest request) {
    Account account = limits.of(request.client(), request.request().remotePeer().address());
    OverLimit over = account.tryWrite();
    if (over != null) {
      request.send(noRoom(admission.limited(over)));
      return;
    }
    try {
      request.send(decide(request, account));
    } finally {
      account.leave();
    }
  }

  /** Turns a request away permanently, without reading its body. */
  void refuse(IngestRequest request, Status status, String reason) {
    request.send(refusal(status, reason));
  }

  /**
   * Decides what the answer is. By the time it is sent nothing of the request is held any more: a
   * client may take its time to read an answer, or never read it.
   */
  private WriteAnswer decide(IngestRequest request, Account account) {
    HttpWorkArea area = areas.take();
    try {
      area.begin(account);
      area.devices().set(request.client().devicePrefix());
      if (request.whole()) {
        area.keepOnlyWhole();
      }
      return switch (bodies.read(request.request(), area, request.format())) {
        case Body.Complete body -> admit(request, area, body.length());
        case Body.Refused refused -> refused(area, refused);
      };
    } catch (Claim.NoRoomException e) {
      return noRoom(admission.noRoom(e));
    } finally {
      areas.giveBack(area);
    }
  }

  private WriteAnswer refused(WorkArea area, Body.Refused body) {
    admission.debitInVain(area);
    return refusal(body.status(), body.reason());
  }

  private WriteAnswer admit(IngestRequest request, HttpWorkArea area, int length) {
    long begin = System.nanoTime();
    Codec codec = request.codec(area);
    AdmissionResult result = admission.admit(area, codec, length);
    WriteAnswer answer = answer(result, request.format(), area, codec);
    // IngestLatency leaves out requests that found no room.
    if (!(result instanceof AdmissionResult.NoRoom)) {
      admission.latency().record(System.nanoTime() - begin);
    }
    return answer;
  }

  private WriteAnswer answer(AdmissionResult result, Format format, WorkArea area, Codec codec) {
    return switch (result) {
      case AdmissionResult.Accepted kept -> accepted(kept, format, area, codec);
      case AdmissionResult.Refused refused -> never(Status.BAD_REQUEST_400, refused.reason());
      case AdmissionResult.TooLarge large -> tooLarge(large.reason());
      case AdmissionResult.Full now -> new WriteAnswer.NotNow(full.refused(), now.reason());
      case AdmissionResult.Closed closed -> closed(closed);
      case AdmissionResult.NoRoom none -> noRoom(none);
    };
  }

  private WriteAnswer accepted(
      AdmissionResult.Accepted kept, Format format, WorkArea area, Codec codec) {
    if (kept.count() > 0) {
      full.over();
      busy.over();
      notOpen.over();
    }
    int written = kept.count() + area.remarks().ignored(IgnoredKind.STALE);
    Rejections rejections = kept.rejections();
    if (rejections.count() == 0) {
      return new WriteAnswer.Complete(written);
    }
    return format.isOtlp()
        ? new WriteAnswer.Partly(
            rejections.count(), OtlpAnswer.refused(codec.positionName(), rejections))
        : new WriteAnswer.Never(
            Status.BAD_REQUEST_400,
            written,
            rejections.reason(0),
            PartialAnswer.of(kept.count(), codec.positionName(), rejections));
  }

  private WriteAnswer closed(AdmissionResult.Closed closed) {
    return new WriteAnswer.NotNow(notOpen.refused(), closed.reason());
  }

  /** A request that would not fit alone is not asked to come again. */
  private WriteAnswer noRoom(AdmissionResult.NoRoom none) {
    return switch (none) {
      case AdmissionResult.NeverFits never -> tooLarge(never.reason());
      case AdmissionResult.Busy now -> new WriteAnswer.NotNow(busy.refused(), now.reason());
      case AdmissionResult.Limited limited ->
          new WriteAnswer.Limited(limited.over().retrySeconds(), limited.over().reason());
      case AdmissionResult.TooManyNewDays days ->
          new WriteAnswer.NotNow(days.afterSeconds(), days.reason());
    };
  }

  private static WriteAnswer tooLarge(String reason) {
    return never(Status.REQUEST_ENTITY_TOO_LARGE_413, reason + ": send smaller batches");
  }

  private static WriteAnswer never(Status status, String reason) {
    return new WriteAnswer.Never(status, 0, reason, ErrorAnswer.nothingKept(status, reason));
  }

  /** Turned away before Admission saw it, so counted here. */
  private WriteAnswer refusal(Status status, String reason) {
    admission.counters().addRefused();
    return never(status, reason);
  }
}
