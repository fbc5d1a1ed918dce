package dev.sluice.ingest.mqtt;

import dev.sluice.http.ByteBudget;
import dev.sluice.http.auth.Client;
import dev.sluice.http.limit.Account;
import dev.sluice.http.limit.Limits;
import dev.sluice.http.limit.OverLimit;
import dev.sluice.ingest.Admission;
import dev.sluice.ingest.AdmissionResult;
import dev.sluice.ingest.Claim;
import dev.sluice.ingest.IngestConfig;
import dev.sluice.ingest.WorkAreas;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Brings batches of messages to {@link Admission}, and makes answers of its results. Runs on a
 * virtual thread, and waits for the journal there; thread-safe.
 *
 * <p>A batch is one request. If it is more than one request may have, each of its messages becomes
 * a request of its own, so that none is refused for its neighbours. However often a message is
 * tried, its client is debited for it once.
 */
final class Intake {
  private static final int AREAS_KEPT = 64;

  /** The least wait; a connection waits longer the more often it is told so. */
  private static final long SOON_MS = 50;

  private final WorkAreas<MqttWorkArea> areas;
  private final Admission admission;
  private final Limits limits;

  Intake(
      IngestConfig config,
      List<TopicPattern> topics,
      ByteBudget budget,
      Admission admission,
      Limits limits) {
    this.areas = new WorkAreas<>(AREAS_KEPT, () -> new MqttWorkArea(budget, config, topics));
    this.admission = admission;
    this.limits = limits;
  }

  /**
   * Takes a batch in.
   *
   * @param client who sends it
   * @param from the other end of its connection
   */
  Taken take(List<Message> batch, Client client, SocketAddress from) {
    if (!admission.tryEnter()) {
      admission.turnAway();
      return Taken.notNow(SOON_MS);
    }
    try {
      Account account = limits.of(client, from);
      OverLimit over = account.tryWrite();
      if (over != null) {
        admission.limited(over);
        return Taken.notNow(TimeUnit.SECONDS.toMillis(over.retrySeconds()));
      }
      try {
        return take(batch, client, account);
      } finally {
        account.leave();
      }
    } finally {
      admission.leave();
    }
  }

  private Taken take(List<Message> batch, Client client, Account account) {
    Taken taken = takeAtOnce(batch, client, account);
    boolean tooMuch =
        batch.size() > 1
            && taken.retryMs() == 0
            && taken.answers().getFirst().fate() == Fate.TOO_LARGE;
    return tooMuch ? takeOneByOne(batch, client, account) : taken;
  }

  private Taken takeOneByOne(List<Message> batch, Client client, Account account) {
    List<Answer> answers = new ArrayList<>(batch.size());
    for (Message message : batch) {
      Taken one = takeAtOnce(List.of(message), client, account);
      if (one.retryMs() > 0) {
        return new Taken(answers, one.retryMs());
      }
      answers.addAll(one.answers());
    }
    return Taken.all(answers);
  }

  private Taken takeAtOnce(List<Message> batch, Client client, Account account) {
    MqttWorkArea area = areas.take();
    long begin = System.nanoTime();
    try {
      area.begin(account);
      area.devices().set(client.devicePrefix());
      int length = area.fill(batch);
      AdmissionResult result = admission.admit(area, area.codec(), length);
      if (!(result instanceof AdmissionResult.NoRoom)) {
        admission.latency().record(System.nanoTime() - begin);
      }
      return taken(result, area, batch.size());
    } catch (Claim.NoRoomException e) {
      return taken(admission.noRoom(e), area, batch.size());
    } finally {
      area.forget();
      areas.giveBack(area);
    }
  }

  private static Taken taken(AdmissionResult result, MqttWorkArea area, int size) {
    return switch (result) {
      case AdmissionResult.Accepted kept -> Taken.all(area.codec().answers());
      case AdmissionResult.Refused refused -> tooLarge(refused.reason(), size);
      case AdmissionResult.TooLarge large -> tooLarge(large.reason(), size);
      case AdmissionResult.NeverFits never -> tooLarge(never.reason(), size);
      case AdmissionResult.Full full -> Taken.notNow(SOON_MS);
      case AdmissionResult.Closed closed -> Taken.notNow(SOON_MS);
      case AdmissionResult.Busy busy -> Taken.notNow(SOON_MS);
      case AdmissionResult.Limited limited ->
          Taken.notNow(TimeUnit.SECONDS.toMillis(limited.over().retrySeconds()));
      case AdmissionResult.TooManyNewDays days ->
          Taken.notNow(TimeUnit.SECONDS.toMillis(days.afterSeconds()));
    };
  }

  private static Taken tooLarge(String reason, int size) {
    return Taken.all(Collections.nCopies(size, new Answer(Fate.TOO_LARGE, reason)));
  }
}
