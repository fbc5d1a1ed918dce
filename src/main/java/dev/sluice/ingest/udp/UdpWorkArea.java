package dev.sluice.ingest.udp;

import dev.sluice.http.ByteBudget;
import dev.sluice.http.limit.OverLimit;
import dev.sluice.ingest.Admission;
import dev.sluice.ingest.IngestConfig;
import dev.sluice.ingest.WorkArea;
import dev.sluice.ingest.format.Codec;
import dev.sluice.ingest.format.Outcome;
import dev.sluice.ingest.format.Precision;
import dev.sluice.ingest.format.Rejections;
import dev.sluice.ingest.format.Remarks;
import dev.sluice.ingest.format.TsWindow;
import dev.sluice.ingest.format.Utf8;
import dev.sluice.ingest.format.json.JsonParser;
import dev.sluice.ingest.format.line.LineProtocolParser;
import dev.sluice.reading.ReadingBuffer;

/**
 * A work area for gathered datagrams. Each is parsed on its own, so that none can spoil another,
 * and gets the time at which it was received. Line protocol counts nanoseconds.
 */
final class UdpWorkArea extends WorkArea {
  private static final int FIRST_BYTES = 4 * 1024;

  private final Admission admission;
  private final byte[] body;
  private final Remarks remarks = new Remarks();
  private final Rejections rejections = new Rejections();
  private final ReadingBuffer readings;
  private final Codec json;
  private final Codec lines;

  /**
   * @param maxBytes size of the greatest datagram
   * @param admission told of senders over their limits
   */
  UdpWorkArea(ByteBudget budget, IngestConfig config, int maxBytes, Admission admission) {
    super(budget, config.maxReadingBytes());
    this.admission = admission;
    this.body = new byte[maxBytes];
    // Not claimed: it is bounded by what one datagram may hold, and there is one such area.
    this.readings = new ReadingBuffer(FIRST_BYTES, config.maxReadingBytes());
    boolean refusesTexts = config.textFields() == IngestConfig.TextFields.REFUSE;
    this.json = new JsonParser(devices(), remarks, memory()).lines();
    this.lines =
        new LineProtocolParser(config.deviceTags(), devices(), refusesTexts, remarks, memory())
            .in(Precision.DEFAULT);
  }

  /** The codec that parses datagrams [from, to), whatever body it is given. */
  Codec codec(Datagrams datagrams, int from, int to) {
    return new Gathered(datagrams, from, to);
  }

  private final class Gathered implements Codec {
    private final Datagrams datagrams;
    private final int from;
    private final int to;

    private Gathered(Datagrams datagrams, int from, int to) {
      this.datagrams = datagrams;
      this.from = from;
      this.to = to;
    }

    @Override
    public Outcome parse(
        byte[] unused, int length, TsWindow times, ReadingBuffer into, Rejections refused) {
      into.clear();
      refused.clear();
      remarks().clear();
      for (int i = from; i < to; i++) {
        // All may be tried again, when there is room; a sender's limit is asked once.
        if (datagrams.refusal(i) == Refusal.OVER_LIMIT) {
          continue;
        }
        datagrams.forgive(i);
        if (!take(datagrams, i, times, into)) {
          return Outcome.TooLarge.INSTANCE;
        }
        for (int kept = 0; kept < rejections.count(); kept++) {
          refused.add(i, kept < rejections.kept() ? rejections.reason(kept) : "");
        }
        rejections.clear();
      }
      return Outcome.Parsed.INSTANCE;
    }

    @Override
    public String positionName() {
      return "datagram";
    }
  }

  /**
   * Takes the readings of one datagram.
   *
   * @return false if they do not fit any more
   */
  private boolean take(Datagrams datagrams, int i, TsWindow times, ReadingBuffer into) {
    switch (parse(datagrams, i, times)) {
      case Outcome.Parsed parsed -> {
        return keep(datagrams, i, into);
      }
      case Outcome.Empty empty -> {
        return true;
      }
      case Outcome.Malformed bad -> datagrams.refuse(i, Refusal.MALFORMED, bad.reason());
      case Outcome.Undecodable bad -> datagrams.refuse(i, Refusal.MALFORMED, bad.reason());
      case Outcome.TooLarge large ->
          datagrams.refuse(i, Refusal.TOO_LARGE, "its readings take too much memory");
    }
    rejections.clear();
    return true;
  }

  private Outcome parse(Datagrams datagrams, int i, TsWindow times) {
    int length = datagrams.copy(i, body);
    int first = Utf8.byteOrderMarkBytes(body, length);
    boolean isJson = first < length && (body[first] == '{' || body[first] == '[');
    TsWindow window =
        new TsWindow(
            datagrams.receivedMicros(i),
            times.oldestMicros(),
            times.newestMicros(),
            times.restamps());
    return (isJson ? json : lines).parse(body, length, window, readings, rejections);
  }

  private boolean keep(Datagrams datagrams, int i, ReadingBuffer into) {
    if (readings.count() == 0) {
      if (rejections.count() > 0) {
        datagrams.refuse(
            i, Refusal.MALFORMED, "line " + rejections.position(0) + ": " + rejections.reason(0));
      }
    } else if (!datagrams.wasDebited(i)) {
      OverLimit over = datagrams.account(i).passReadings(readings.count());
      if (over != null) {
        admission.limited(over);
        datagrams.refuse(i, Refusal.OVER_LIMIT, over.reason());
        rejections.clear();
        return true;
      }
    }
    remarks().add(remarks);
    return into.addAll(readings);
  }
}
