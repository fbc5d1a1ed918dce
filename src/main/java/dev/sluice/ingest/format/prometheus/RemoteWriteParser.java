package dev.sluice.ingest.format.prometheus;

import dev.sluice.ingest.format.Codec;
import dev.sluice.ingest.format.DevicePrefix;
import dev.sluice.ingest.format.IgnoredKind;
import dev.sluice.ingest.format.Outcome;
import dev.sluice.ingest.format.Precision;
import dev.sluice.ingest.format.ProtobufReader;
import dev.sluice.ingest.format.Rejections;
import dev.sluice.ingest.format.Remarks;
import dev.sluice.ingest.format.TsWindow;
import dev.sluice.ingest.format.Turn;
import dev.sluice.ingest.format.UnusableBodyException;
import dev.sluice.reading.MemoryClaim;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBuffer;
import java.util.List;

/**
 * Parses readings from Prometheus remote write: {@code prometheus.WriteRequest} (version 1) and
 * {@code io.prometheus.write.v2.Request} (version 2). Works on the bytes and allocates nothing per
 * sample. Every sample of a series is a reading; its time is in milliseconds.
 *
 * <p>A series whose labels make no device or no metric is refused by its index, and the others are
 * kept. A sample with a bad time, or that is not finite, is refused alone. A stale marker, with
 * which Prometheus ends a series, is counted and not stored. Native histograms are refused by name;
 * exemplars are counted; metadata, start timestamps and fields of later versions are skipped. A
 * body that is not valid protobuf is refused as a whole, and so is one with a known field of
 * another wire type than its own, as by Prometheus.
 *
 * <p>Confined to one request at a time and reusable. Between requests it holds less than 32 KiB
 * itself, whatever came before, and still refers to the last body and buffer.
 */
public final class RemoteWriteParser {
  /** Field of a version 2 request: a text that series refer to. */
  private static final int SYMBOL = 4;

  /** Fields of a series; of version 2, the labels are references to symbols. */
  private static final int LABELS = 1;

  private static final int SAMPLES = 2;

  private static final int LABEL_NAME = 1;
  private static final int LABEL_VALUE = 2;
  private static final int SAMPLE_VALUE = 1;
  private static final int SAMPLE_TIMESTAMP = 2;

  /** The NaN by which Prometheus says that a series has ended. */
  private static final long STALE_BITS = 0x7ff0000000000002L;

  private static final int NONE = -1;

  private final Remarks remarks;
  private final Labels labels;
  private final Symbols symbols;
  private final ProtobufReader in = new ProtobufReader();
  private final Codec v1 = new RemoteWriteCodec(this, Version.V1);
  private final Codec v2 = new RemoteWriteCodec(this, Version.V2);

  private Version version = Version.V1;
  private TsWindow window = new TsWindow(0, 0, Reading.MAX_TS_MICROS, false);
  private ReadingBuffer into = new ReadingBuffer(1, 1);
  private Rejections rejections = new Rejections();
  private byte[] body = new byte[0];
  private int index;

  /** The first half of a reference pair whose second half is to come; {@link #NONE} if none is. */
  private int keySymbol;

  /**
   * Creates a parser to be reused for one request after another.
   *
   * @param deviceLabels labels that name the device; the first one that a series has is used, and
   *     {@code instance} if it has none of them
   * @param devices asked about the device of every series
   * @param remarks counts stale markers, exemplars, and readings stored with the time of receipt
   * @param memory called with the number of additional bytes before memory grows; what it throws is
   *     thrown by the parse, which leaves buffer and rejections undefined
   */
  public RemoteWriteParser(
      List<String> deviceLabels, DevicePrefix devices, Remarks remarks, MemoryClaim memory) {
    this.remarks = remarks;
    this.labels = new Labels(deviceLabels, devices, memory);
    this.symbols = new Symbols(memory);
  }

  /** This parser for version 1. */
  public Codec version1() {
    return v1;
  }

  /** This parser for version 2. */
  public Codec version2() {
    return v2;
  }

  /**
   * Reads the message that is the first {@code length} bytes of the body.
   *
   * @param times the times that are accepted
   * @param buffer cleared, then filled
   * @param refused cleared, then filled; positions are indexes of series, starting at 0
   */
  Outcome parse(
      byte[] bytes,
      int length,
      Version message,
      TsWindow times,
      ReadingBuffer buffer,
      Rejections refused) {
    body = bytes;
    version = message;
    window = times;
    into = buffer;
    rejections = refused;
    clear();
    symbols.clear();
    labels.start(bytes, length);
    try {
      if (version == Version.V2) {
        readSymbols(length);
      }
      if (takeAllSeries(length)) {
        return Outcome.Parsed.INSTANCE;
      }
      clear();
      return Outcome.TooLarge.INSTANCE;
    } catch (UnusableBodyException e) {
      clear();
      return e.outcome();
    } finally {
      symbols.release();
    }
  }

  private void clear() {
    into.clear();
    rejections.clear();
    remarks.clear();
  }

  /** Symbols may come after the series that refer to them. */
  private void readSymbols(int length) throws UnusableBodyException {
    in.start(body, length);
    int yieldAt = Turn.first(0, length);
    while (in.next()) {
      if (in.at() >= yieldAt) {
        yieldAt = Turn.next(in.at());
      }
      if (in.field() == SYMBOL) {
        int outer = in.enter();
        symbols.add(in.at(), in.length());
        in.leave(outer);
      } else {
        in.skip();
      }
    }
  }

  /** Returns false if the readings do not fit. */
  private boolean takeAllSeries(int length) throws UnusableBodyException {
    in.start(body, length);
    int yieldAt = Turn.first(0, length);
    index = 0;
    while (in.next()) {
      if (in.at() >= yieldAt) {
        yieldAt = Turn.next(in.at());
      }
      if (in.field() == version.seriesOfOther) {
        throw new UnusableBodyException(
            new Outcome.Undecodable(
                in.at(),
                "field %d is a series of the other version of remote write; what is sent must be"
                        .formatted(in.field())
                    + " the message that proto in Content-Type names"));
      }
      if (in.field() != version.series) {
        in.skip();
        continue;
      }
      int outer = in.enter();
      if (!takeSeries()) {
        return false;
      }
      in.leave(outer);
      index++;
    }
    return true;
  }

  /** Returns false if the readings do not fit. */
  private boolean takeSeries() throws UnusableBodyException {
    labels.clear();
    keySymbol = NONE;
    int samplesAt = NONE;
    int samples = 0;
    int histograms = 0;
    int exemplars = 0;
    int fieldAt = in.at();
    while (in.next()) {
      int field = in.field();
      if (field == LABELS) {
        readLabels();
      } else if (field == SAMPLES || field == version.histograms || field == version.exemplars) {
        samplesAt = field == SAMPLES && samples == 0 ? fieldAt : samplesAt;
        samples += field == SAMPLES ? 1 : 0;
        histograms += field == version.histograms ? 1 : 0;
        exemplars += field == version.exemplars ? 1 : 0;
        in.leave(in.enter());
      } else {
        in.skip();
      }
      fieldAt = in.at();
    }
    if (keySymbol != NONE) {
      labels.refuse("has a label without a value");
    }
    labels.settle();
    if (samples > 0) {
      in.seek(samplesAt);
      if (!takeSamples()) {
        return false;
      }
    }
    if (!labels.problem().isEmpty()) {
      refuseSeries(samples + histograms > 0);
      return true;
    }
    refuseHistograms(histograms);
    for (int i = 0; i < exemplars; i++) {
      remarks.ignore(IgnoredKind.EXEMPLAR);
    }
    return true;
  }

  private void readLabels() throws UnusableBodyException {
    if (version == Version.V1) {
      int outer = in.enter();
      readLabel();
      in.leave(outer);
    } else if (in.isVarint(LABELS)) {
      refer((int) in.varint());
    } else {
      int outer = in.enter();
      while (!in.atEnd()) {
        refer((int) in.packedVarint());
      }
      in.leave(outer);
    }
  }

  private void readLabel() throws UnusableBodyException {
    int keyAt = 0;
    int keyLength = 0;
    int valueAt = 0;
    int valueLength = 0;
    while (in.next()) {
      if (in.field() == LABEL_NAME) {
        int outer = in.enter();
        keyAt = in.at();
        keyLength = in.length();
        in.leave(outer);
      } else if (in.field() == LABEL_VALUE) {
        int outer = in.enter();
        valueAt = in.at();
        valueLength = in.length();
        in.leave(outer);
      } else {
        in.skip();
      }
    }
    labels.add(keyAt, keyLength, valueAt, valueLength);
  }

  /** Takes a reference to a symbol: in turn a label's name and its value. */
  private void refer(int symbol) {
    if (symbol < 0 || symbol >= symbols.count()) {
      labels.refuse(
          rejections.wantsReason()
              ? "refers to symbol %s, there are %d"
                  .formatted(Integer.toUnsignedString(symbol), symbols.count())
              : "refers to a missing symbol");
    } else if (keySymbol == NONE) {
      keySymbol = symbol;
    } else {
      labels.add(
          symbols.at(keySymbol),
          symbols.length(keySymbol),
          symbols.at(symbol),
          symbols.length(symbol));
      keySymbol = NONE;
    }
  }

  /** Takes the samples of the series, if it is not refused; returns false if they do not fit. */
  private boolean takeSamples() throws UnusableBodyException {
    boolean kept = labels.problem().isEmpty();
    while (in.next()) {
      if (in.field() != SAMPLES) {
        in.skip();
        continue;
      }
      int outer = in.enter();
      long bits = 0;
      long ms = 0;
      while (in.next()) {
        switch (in.field()) {
          case SAMPLE_VALUE -> bits = in.fixed64();
          case SAMPLE_TIMESTAMP -> ms = in.varint();
          default -> in.skip();
        }
      }
      in.leave(outer);
      if (kept && !take(bits, ms)) {
        return false;
      }
    }
    return true;
  }

  /** Takes one sample; returns false if it does not fit. */
  private boolean take(long bits, long ms) {
    if (bits == STALE_BITS) {
      remarks.ignore(IgnoredKind.STALE);
      return true;
    }
    double value = Double.longBitsToDouble(bits);
    if (!Double.isFinite(value)) {
      rejections.add(
          index, rejections.wantsReason() ? "sample of " + labels.name() + " is not finite" : "");
      return true;
    }
    long micros = Precision.MILLISECONDS.toMicros(ms);
    boolean restamped = !window.holds(micros);
    if (restamped) {
      if (!window.restamps()) {
        rejections.add(index, rejections.wantsReason() ? badTimestamp(ms) : "");
        return true;
      }
      micros = window.nowMicros();
    }
    boolean fits =
        into.add(
            body,
            labels.deviceAt(),
            labels.deviceLength(),
            labels.metric(),
            0,
            labels.metricLength(),
            micros,
            value);
    remarks.restamp(restamped && fits ? 1 : 0);
    return fits;
  }

  private String badTimestamp(long ms) {
    return window.refusal(
        "timestamp " + ms + " of " + labels.name() + " in milliseconds",
        (double) ms,
        Precision.MILLISECONDS,
        unit -> unit + "? Send milliseconds.");
  }

  /** A series without anything to store, as one with exemplars alone, is none to refuse. */
  private void refuseSeries(boolean hasSamples) {
    if (hasSamples) {
      rejections.add(
          index,
          rejections.wantsReason() ? "series " + labels.name() + " " + labels.problem() : "");
    }
  }

  private void refuseHistograms(int count) {
    for (int i = 0; i < count; i++) {
      rejections.add(
          index,
          rejections.wantsReason()
              ? "histogram of "
                  + labels.name()
                  + " is a native one, which cannot be stored: send classic histograms"
                  + " (send_native_histograms: false)"
              : "");
    }
  }
}
