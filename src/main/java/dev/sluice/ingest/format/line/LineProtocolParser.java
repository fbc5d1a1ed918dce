package dev.sluice.ingest.format.line;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.sluice.ingest.format.Codec;
import dev.sluice.ingest.format.DevicePrefix;
import dev.sluice.ingest.format.NameCheck;
import dev.sluice.ingest.format.Outcome;
import dev.sluice.ingest.format.PendingReadings;
import dev.sluice.ingest.format.Precision;
import dev.sluice.ingest.format.Rejections;
import dev.sluice.ingest.format.Remarks;
import dev.sluice.ingest.format.TsWindow;
import dev.sluice.ingest.format.Turn;
import dev.sluice.ingest.format.Utf8;
import dev.sluice.reading.MemoryClaim;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBuffer;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Parses readings from InfluxDB line protocol: {@code measurement,tag=… field=…,field=… timestamp}.
 * Works on the bytes in a single pass and allocates nothing per reading.
 *
 * <p>A line that is malformed, whose device or timestamp cannot be stored, or that is not valid
 * UTF-8, is refused by its number, and the others are kept. A problem with one field (a number that
 * is not finite, a metric over {@value Reading#MAX_METRIC_BYTES} bytes or with a control character)
 * refuses only that field, by name. A field that appears twice in a line is two readings, of which
 * the later wins, as everywhere.
 *
 * <p>As in InfluxDB, a line ends at a line feed, with or without a carriage return before it, that
 * is neither after a backslash nor inside a text. A refused line ends there too, wherever its
 * mistake is, so that no part of it becomes a line itself. A text that is never closed takes the
 * rest of the body with it: starting again at some line feed would make readings of what may be its
 * content. Blank lines and lines that start with {@code #} are skipped, as are blanks (spaces,
 * tabs, NUL) around the parts of a line, and NUL after the last line.
 *
 * <p>Confined to one request at a time and reusable. Between requests it holds less than 100 KiB
 * itself, whatever came before, and still refers to the last body and buffer.
 */
public final class LineProtocolParser {
  private static final int TOO_LARGE = -2;
  private static final int FAILED = -1;
  private static final int NOWHERE = -1;

  private final Remarks remarks;
  private final LineSeries series;
  private final LineFields fields;
  private final Map<Precision, Codec> codecs = new EnumMap<>(Precision.class);

  private byte[] body = new byte[0];
  private int start;
  private int end;
  private Precision precision = Precision.DEFAULT;
  private TsWindow window = new TsWindow(0, 0, Reading.MAX_TS_MICROS, false);
  private ReadingBuffer into = new ReadingBuffer(1, 1);
  private Rejections rejections = new Rejections();
  private int line;

  private long tsMicros;
  private Precision tsUnit = Precision.DEFAULT;
  private int tsAt;
  private int tsLength;
  private String error = "";

  /**
   * Offset of the quote that is never closed in a refused line; {@link #NOWHERE} if there is none.
   */
  private int openQuoteAt;

  /**
   * Creates a parser to be reused for one request after another.
   *
   * @param deviceTags tags that name the device; the first one that a line has is used
   * @param devices asked about the device of every series
   * @param refusesTexts whether a text field is refused by name rather than ignored
   * @param remarks counts ignored texts, and readings stored with the time of receipt
   * @param memory called with the number of additional bytes before memory grows; what it throws is
   *     thrown by the parse, which leaves buffer and rejections undefined
   */
  public LineProtocolParser(
      List<String> deviceTags,
      DevicePrefix devices,
      boolean refusesTexts,
      Remarks remarks,
      MemoryClaim memory) {
    this.remarks = remarks;
    this.series = new LineSeries(deviceTags, devices, memory);
    this.fields = new LineFields(refusesTexts, remarks, memory);
    for (Precision unit : Precision.values()) {
      codecs.put(unit, new LineCodec(this, unit));
    }
  }

  /** This parser for bodies whose timestamps count this unit. */
  public Codec in(Precision unit) {
    return Objects.requireNonNull(codecs.get(unit));
  }

  /**
   * Reads lines from bytes [from, to) of the body. Never returns {@link Outcome.Malformed}.
   *
   * @param unit unit of the timestamps
   * @param times the times that are accepted
   * @param buffer cleared, then filled
   * @param refused cleared, then filled; positions are lines, starting at 1
   */
  public Outcome parse(
      byte[] bytes,
      int from,
      int to,
      Precision unit,
      TsWindow times,
      ReadingBuffer buffer,
      Rejections refused) {
    body = bytes;
    start = from;
    end = to;
    // A C program that counts the terminator of its string sends a NUL.
    while (end > from && bytes[end - 1] == 0) {
      end--;
    }
    precision = unit;
    window = times;
    into = buffer;
    rejections = refused;
    into.clear();
    rejections.clear();
    remarks.clear();
    series.start(bytes);
    line = 1;
    try {
      Outcome outcome = takeLines(from);
      if (outcome instanceof Outcome.TooLarge) {
        into.clear();
        rejections.clear();
        remarks.clear();
      }
      return outcome;
    } finally {
      series.release();
      fields.release();
    }
  }

  private Outcome takeLines(int from) {
    int at = from;
    int yieldAt = Turn.first(from, end);
    while (at < end) {
      if (at >= yieldAt) {
        yieldAt = Turn.next(at);
      }
      at = takeLine(at);
      if (at == TOO_LARGE) {
        return Outcome.TooLarge.INSTANCE;
      }
    }
    return Outcome.Parsed.INSTANCE;
  }

  /** Takes one line; returns the offset of the next one, or {@link #TOO_LARGE}. */
  private int takeLine(int at) {
    int i = skipBlanks(at);
    if (LineText.isLineEnd(body, i, end) || body[i] == '#') {
      line++;
      return nextLine(i);
    }
    rejections.mark();
    remarks.mark();
    int lineEnd = readLine(i);
    if (lineEnd == FAILED) {
      lineEnd = endOfRefused(i);
      refuseLine(rejections.wantsReason() ? error + swallowed(i) : "");
      line += 1 + lineFeeds(i, lineEnd);
      return nextLine(lineEnd);
    }
    if (lineEnd == TOO_LARGE) {
      return TOO_LARGE;
    }
    line += 1 + series.lineFeeds() + fields.lineFeeds();
    return nextLine(lineEnd);
  }

  /**
   * Returns where the malformed line that starts here ends, as its sender meant it: at the first
   * line feed that is neither after a backslash nor in a text. Also sets {@link #openQuoteAt}.
   */
  private int endOfRefused(int at) {
    openQuoteAt = NOWHERE;
    boolean inFields = false;
    int i = at;
    while (i < end && body[i] != '\n') {
      byte b = body[i];
      inFields |= b == ' ';
      if (b == '\\') {
        i = behindEscape(i);
      } else if (b == '=' && inFields && i + 1 < end && body[i + 1] == '"') {
        i = behindText(i + 1);
      } else {
        i++;
      }
    }
    return Math.min(i, end);
  }

  private int behindEscape(int backslash) {
    return backslash + 1 + Math.max(1, LineText.lineFeedBytes(body, backslash + 1, end));
  }

  private int behindText(int quote) {
    int i = quote + 1;
    while (i < end && body[i] != '"') {
      i += body[i] == '\\' ? 2 : 1;
    }
    if (i >= end) {
      openQuoteAt = quote;
    }
    return i + 1;
  }

  /** Describes what an unclosed text has taken with it; empty if there is none. */
  private String swallowed(int lineStart) {
    if (openQuoteAt == NOWHERE) {
      return "";
    }
    int column = 1;
    while (openQuoteAt - column >= start && body[openQuoteAt - column] != '\n') {
      column++;
    }
    int behind = lineFeeds(openQuoteAt, end - 1);
    return ": the quote in line "
        + (line + lineFeeds(lineStart, openQuoteAt))
        + ", column "
        + column
        + " is never closed"
        + (behind == 0
            ? ""
            : ", so the " + behind + (behind == 1 ? " line" : " lines") + " after it went with it");
  }

  /** Reads one line; returns the offset of its end, {@link #FAILED} or {@link #TOO_LARGE}. */
  private int readLine(int at) {
    int seriesEnd = series.read(at, end);
    if (seriesEnd == FAILED) {
      return fail(series.error());
    }
    int fieldsAt = skipBlanks(seriesEnd);
    int fieldsEnd = fields.read(body, fieldsAt, end, line, rejections);
    if (fieldsEnd == FAILED) {
      return fail(fields.text().error());
    }
    int i = skipBlanks(fieldsEnd);
    tsMicros = window.nowMicros();
    tsLength = 0;
    if (!LineText.isLineEnd(body, i, end)) {
      i = readTimestamp(i);
      if (i == FAILED) {
        return FAILED;
      }
    }
    return settle(fieldsAt, fieldsEnd) ? i : TOO_LARGE;
  }

  /** Reads the timestamp; returns the offset of the line's end after it, or {@link #FAILED}. */
  private int readTimestamp(int at) {
    boolean negative = body[at] == '-';
    int first = negative ? at + 1 : at;
    int i = first;
    while (i < end && body[i] == '0') {
      i++;
    }
    int significant = i;
    long units = 0;
    int digit;
    while (i < end && (digit = body[i] - '0') >= 0 && digit <= 9) {
      units = units * 10 + digit;
      i++;
    }
    // 19 digits fit into 64 bits without a sign, so a sum too large for a long shows up as
    // negative.
    boolean overflow = i - significant > 19 || units < 0;
    int behind = skipBlanks(i);
    if (i == first || !LineText.isLineEnd(body, behind, end)) {
      return fail("has a malformed timestamp");
    }
    tsUnit = precision.of(overflow ? Long.MAX_VALUE : units);
    tsMicros =
        overflow || (negative && units != 0) ? Precision.OUT_OF_RANGE : tsUnit.toMicros(units);
    tsAt = at;
    tsLength = i - at;
    return behind;
  }

  /**
   * Checks the line as a whole and adds its readings.
   *
   * @return false if they do not fit
   */
  private boolean settle(int fieldsAt, int fieldsEnd) {
    if (!series.problem().isEmpty()) {
      refuseLine(series.problem());
    } else if (fields.wide() && !Utf8.valid(body, fieldsAt, fieldsEnd)) {
      refuseLine("is not valid UTF-8");
    } else if (fields.text().lineFeeds() > 0) {
      refuseLine("has a line feed after a backslash, and so in the name of a field");
    } else if (tsLength == 0 || window.holds(tsMicros)) {
      return addReadings();
    } else if (window.restamps()) {
      tsMicros = window.nowMicros();
      int before = into.count();
      boolean fit = addReadings();
      remarks.restamp(into.count() - before);
      return fit;
    } else {
      refuseLine(rejections.wantsReason() ? badTimestamp() : "");
    }
    return true;
  }

  private String badTimestamp() {
    String digits = new String(body, tsAt, tsLength, US_ASCII);
    return window.refusal(
        "timestamp " + NameCheck.raw(body, tsAt, tsLength) + " in " + tsUnit,
        Double.parseDouble(digits),
        tsUnit,
        unit -> unit + "? Use precision=" + unit.parameter() + ", or send " + tsUnit + ".");
  }

  private boolean addReadings() {
    PendingReadings pending = fields.pending();
    for (int i = 0; i < pending.count(); i++) {
      byte[] field = fields.text().bytesOf(pending.name(i));
      int at = LineText.offsetOf(pending.name(i));
      int length = pending.length(i);
      int metricLength = series.makeMetric(field, at, length);
      if (metricLength > Reading.MAX_METRIC_BYTES) {
        refuseField(field, at, length, metricLength);
      } else if (!pending.plain(i) && NameCheck.content(field, at, at + length) != NameCheck.OK) {
        refuseField(field, at, length, 0);
      } else if (!into.add(
          series.deviceBytes(),
          series.deviceAt(),
          series.deviceLength(),
          series.metric(),
          0,
          metricLength,
          tsMicros,
          pending.value(i))) {
        return false;
      }
    }
    return true;
  }

  private int skipBlanks(int at) {
    int i = at;
    while (i < end && LineText.isBlank(body[i])) {
      i++;
    }
    return i;
  }

  /** The offset after the next line feed. */
  private int nextLine(int at) {
    int i = at;
    while (i < end && body[i] != '\n') {
      i++;
    }
    return i + 1;
  }

  private int lineFeeds(int from, int to) {
    int count = 0;
    for (int i = from; i < to; i++) {
      count += body[i] == '\n' ? 1 : 0;
    }
    return count;
  }

  /** Adds one rejection for the line, instead of those of its fields. */
  private void refuseLine(String reason) {
    rejections.rollback();
    remarks.rollback();
    rejections.add(line, reason);
  }

  private void refuseField(byte[] field, int at, int length, int metricLength) {
    if (!rejections.wantsReason()) {
      rejections.add(line, "");
      return;
    }
    String why =
        metricLength > Reading.MAX_METRIC_BYTES
            ? " makes a metric of %d bytes with measurement and tags, allowed are 1..%d"
                .formatted(metricLength, Reading.MAX_METRIC_BYTES)
            : " holds a control character in its name";
    rejections.add(line, "field " + NameCheck.excerpt(field, at, length) + why);
  }

  private int fail(String reason) {
    error = reason;
    return FAILED;
  }
}
