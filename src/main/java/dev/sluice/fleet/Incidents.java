package dev.sluice.fleet;

import dev.sluice.files.NdjsonLog;
import dev.sluice.fleet.Incident.Kind;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last {@value #MOST} incidents, kept in {@code fleet/incidents.ndjson} as each ends: they
 * outlast the process that saw them. Thread-safe; whoever looks sees a list that does not change. A
 * file that cannot be written is logged once, and the incidents are then known until the next
 * start.
 */
final class Incidents {
  private static final Logger LOG = LoggerFactory.getLogger(Incidents.class);

  static final int MOST = 1_000;

  /** A pause as long as this counts as a stop when silence is judged. */
  private static final long LONG_PAUSE_MICROS = 1_000_000;

  /** What was due so shortly after a stop may be lost with the connections that it cut. */
  static final long MOST_CUT_MICROS = 5_000_000;

  /** After a stop senders try again after a pause about as long as it was, but for this long. */
  private static final long MOST_GRACE_MICROS = 300_000_000;

  private final NdjsonLog file;
  private final ReentrantLock lock = new ReentrantLock();
  private int lines;
  private boolean unwritten;

  /** In the order of their ends; those not over are last. Replaced, never changed. */
  private volatile List<Incident> all = List.of();

  Incidents(NdjsonLog file) {
    this.file = file;
  }

  /** Reads what is there. A line that cannot be understood is passed over. */
  void load() throws IOException {
    if (!file.exists()) {
      return;
    }
    List<Incident> found = new ArrayList<>();
    file.read((text, from, end) -> {
      lines++;
      Incident incident = parse(text, from, end);
      if (incident != null) {
        found.add(incident);
      }
    });
    all = List.copyOf(found.subList(Math.max(0, found.size() - MOST), found.size()));
  }

  List<Incident> all() {
    return all;
  }

  /** Adds one that is over. */
  void add(Incident incident) {
    lock.lock();
    try {
      insertLocked(incident);
      appendLocked(incident);
    } finally {
      lock.unlock();
    }
  }

  /** Adds one that is not over. */
  void begin(Kind kind, long fromMicros) {
    lock.lock();
    try {
      List<Incident> more = new ArrayList<>(all);
      more.add(new Incident(kind, fromMicros, Incident.OPEN, 0));
      all = List.copyOf(more);
    } finally {
      lock.unlock();
    }
  }

  /** Ends the open one of this kind. */
  void end(Kind kind, long toMicros, long amount) {
    lock.lock();
    try {
      List<Incident> others = new ArrayList<>(all);
      for (int i = others.size() - 1; i >= 0; i--) {
        Incident open = others.get(i);
        if (open.isOpen() && open.kind() == kind) {
          others.remove(i);
          all = List.copyOf(others);
          long to = Math.max(open.fromMicros(), toMicros);
          add(new Incident(kind, open.fromMicros(), to, amount));
          return;
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * The incident that explains why a device was not heard when it was due, or null. A stop comes
   * before a refusal.
   *
   * @param from earliest time at which it was due, microseconds since the epoch
   * @param to latest
   * @param slackMicros how much later than due it could have arrived: a shorter pause explains
   *     nothing
   * @param cutMicros how long before it was due a stop may have been over, at most {@link
   *     #MOST_CUT_MICROS}
   */
  @Nullable Incident explaining(long from, long to, long slackMicros, long cutMicros) {
    Incident refusal = null;
    List<Incident> now = all;
    for (int i = now.size() - 1; i >= 0; i--) {
      Incident incident = now.get(i);
      if (incident.toMicros() < from - MOST_CUT_MICROS) {
        break;
      }
      switch (incident.kind()) {
        case STOPPED -> {
          if (incident.overlaps(from - cutMicros, to)) {
            return incident;
          }
        }
        case PAUSE -> {
          if (incident.overlaps(from, to) && incident.amount() > slackMicros) {
            return incident;
          }
        }
        case JOURNAL_FULL, OVER_LIMIT, ACCEPT_QUEUE -> {
          if (incident.overlaps(from, to)) {
            refusal = incident;
          }
        }
        case CLOCK_STEP -> {}
      }
    }
    return refusal;
  }

  /**
   * From when on silence counts at this time: the end of the last stop or long pause and the time
   * it takes senders to come back. {@link Incident#OPEN} during a stop.
   */
  long heardSince(long nowMicros) {
    List<Incident> now = all;
    long since = 0;
    for (int i = now.size() - 1; i >= 0; i--) {
      Incident incident = now.get(i);
      if (incident.toMicros() < nowMicros - 2 * MOST_GRACE_MICROS) {
        break;
      }
      if (silences(incident) && incident.fromMicros() <= nowMicros) {
        if (incident.toMicros() > nowMicros) {
          return Incident.OPEN;
        }
        long grace = Math.min(MOST_GRACE_MICROS, incident.lengthMicros(nowMicros));
        since = Math.max(since, incident.toMicros() + grace);
      }
    }
    return since;
  }

  /** Steps of the clock after this time, oldest first. */
  List<Incident> stepsAfter(long micros) {
    return all.stream()
        .filter(incident -> incident.kind() == Kind.CLOCK_STEP && incident.toMicros() > micros)
        .toList();
  }

  private static boolean silences(Incident incident) {
    return incident.kind() == Kind.STOPPED
        || (incident.kind() == Kind.PAUSE && incident.amount() >= LONG_PAUSE_MICROS);
  }

  private void insertLocked(Incident incident) {
    List<Incident> more = new ArrayList<>(all);
    int at = more.size();
    while (at > 0 && more.get(at - 1).toMicros() > incident.toMicros()) {
      at--;
    }
    more.add(at, incident);
    if (more.size() > MOST) {
      more.remove(leastTelling(more));
    }
    all = List.copyOf(more);
  }

  /** The oldest pause, of which a busy machine has many; else the oldest of all. */
  private static int leastTelling(List<Incident> incidents) {
    for (int i = 0; i < incidents.size(); i++) {
      if (incidents.get(i).kind() == Kind.PAUSE) {
        return i;
      }
    }
    return 0;
  }

  private void appendLocked(Incident incident) {
    try {
      lines++;
      if (lines > 2 * MOST) {
        StringBuilder kept = new StringBuilder();
        all.stream().filter(one -> !one.isOpen()).forEach(one -> kept.append(line(one)));
        file.rewrite(kept);
        lines = all.size();
      } else {
        file.append(line(incident));
      }
      unwritten = false;
    } catch (IOException e) {
      if (!unwritten) {
        LOG.warn("{} cannot be written: incidents are forgotten at the next start", file, e);
      }
      unwritten = true;
    }
  }

  private static String line(Incident incident) {
    return Json.createObjectBuilder()
            .add("kind", incident.kind().label())
            .add("from_us", incident.fromMicros())
            .add("to_us", incident.toMicros())
            .add("amount", incident.amount())
            .build()
        + "\n";
  }

  private static @Nullable Incident parse(byte[] text, int from, int end) {
    try (JsonReader reader = Json.createReader(new ByteArrayInputStream(text, from, end - from))) {
      JsonObject json = reader.readObject();
      for (Kind kind : Kind.values()) {
        if (kind.label().equals(json.getString("kind"))) {
          return new Incident(
              kind,
              json.getJsonNumber("from_us").longValueExact(),
              json.getJsonNumber("to_us").longValueExact(),
              json.getJsonNumber("amount").longValueExact());
        }
      }
    } catch (RuntimeException e) {
      LOG.warn("A line of the fleet's incidents cannot be understood", e);
    }
    return null;
  }
}
