package dev.sluice.ingest.format.line;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.sluice.ingest.format.NameCheck;
import dev.sluice.ingest.format.Outcome;
import dev.sluice.ingest.format.PendingReadings;
import dev.sluice.ingest.format.Precision;
import dev.sluice.ingest.format.Rejections;
import dev.sluice.ingest.format.Remarks;
import dev.sluice.ingest.format.TsWindow;
import dev.sluice.ingest.format.Turn;
import dev.sluice.ingest.format.Utf8;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBuffer;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * Readings from InfluxDB line protocol: {@code measurement,tag=… field=…,field=… timestamp}. Works
 * on the bytes in a single pass and allocates nothing per reading.
 *
 * <p>A line that is malformed, whose device or timestamp cannot be stored, or that is not valid
 * UTF-8, is refused by its number, and the others are kept. What is wrong with one field (a number
 * that is not finite, a metric over {@value Reading#MAX_METRIC_BYTES} bytes or with a control
 * character) refuses that field by name. A field that comes twice in a line is two readings, of
 * which the later wins like everywhere.
 *
 * <p>A line ends at a line feed, or a carriage return and one, that is neither behind a backslash
 * nor inside a text, as in InfluxDB; so does one that is refused, wherever its mistake is, and
 * nothing of it becomes a line of its own. A text that is never closed takes the rest of the body
 * with it: to begin anew at some line feed would make readings of what may be its content. Blank
 * lines and lines that start with {@code #} are skipped, and so are blanks (spaces, tabs, NUL)
 * around the parts of a line, and NUL behind the last one.
 *
 * <p>Confined to one request at a time and reusable. Between requests it keeps less than 100 KiB of
 * its own, whatever came before, and still refers to the last body and buffer.
 */
public final class LineProtocolParser {
  private static final int TOO_LARGE = -2;
  private static final int FAILED = -1;
  private static final int NOWHERE = -1;

  private final Remarks remarks;
  private final LineSeries series;
  private final LineFields fields;

  private byte[] body = new byte[0];
  private int start;
  private int end;
  private Precision precision = Precision.DEFAULT;
  private TsWindow window = new TsWindow(0, 0, Reading.MAX_TS_MICROS, false);
  private ReadingBuffer into = new ReadingBuffer(1, 1);
  private Rejections rejections = new Rejections();
  private int line;

  private long tsMicros;
  private int tsAt;
  private int tsLength;
  private String error = "";

  /** Of the text that is never closed, where a refused line has one. */
  private int openQuoteAt;

  /**
   * For one request after the other.
   *
   * @param deviceTags tags that name the device; the first that a line has is taken
   * @param refusesTexts whether a field that is a text is refused by name, or ignored
   * @param remarks told of ignored texts, and of readings stored at the time of receipt
   * @param memory told by how many bytes it is about to grow; what it throws comes out of the
   *     parse, which leaves buffer and rejections undefined
   */
  public LineProtocolParser(
      List<String> deviceTags, boolean refusesTexts, Remarks remarks, LongConsumer memory) {
    this.remarks = remarks;
    this.series = new LineSeries(deviceTags, memory);
    this.fields = new LineFields(refusesTexts, remarks, memory);
  }

  /**
   * Reads lines from bytes [from, to) of the body. Never {@link Outcome.Malformed}.
   *
   * @param unit of the timestamps
   * @param times those that are taken
   * @param buffer emptied, then filled
   * @param refused emptied, then filled; positions are lines, the first is 1
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
    // What a program in C sends that counts the end of its string.
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

  /** Answers the offset of the next line, or {@link #TOO_LARGE}. */
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
   * Where the malformed line that starts here ends as its sender meant it: at the first line feed
   * that is neither behind a backslash nor in a text. Also finds {@link #openQuoteAt}.
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

  /** What an open text has taken with it, in words; empty when there is none. */
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
            : ", so the "
                + behind
                + (behind == 1 ? " line" : " lines")
                + " behind it went with it");
  }

  /** Answers the offset of the line's end, {@link #FAILED} or {@link #TOO_LARGE}. */
  private int readLine(int at) {
    int seriesEnd = series.read(at, end);
    if (seriesEnd == FAILED) {
      return fail(series.error());
    }
    int fieldsAt = skipBlanks(seriesEnd);
    int fieldsEnd = fields.read(body, fieldsAt, end, line, rejections);
    if (fieldsEnd == FAILED) {
      return fail(fields.error());
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

  /** Answers the offset of the line's end behind it. */
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
    // 19 digits fit into 64 bits without a sign, so a sum too large for a long shows as negative.
    boolean overflow = i - significant > 19 || units < 0;
    int behind = skipBlanks(i);
    if (i == first || !LineText.isLineEnd(body, behind, end)) {
      return fail("has a malformed timestamp");
    }
    tsMicros =
        overflow || (negative && units != 0) ? Precision.OUT_OF_RANGE : precision.toMicros(units);
    tsAt = at;
    tsLength = i - at;
    return behind;
  }

  /**
   * Judges the line as a whole and adds its readings.
   *
   * @return false when they do not fit
   */
  private boolean settle(int fieldsAt, int fieldsEnd) {
    if (!series.problem().isEmpty()) {
      refuseLine(series.problem());
    } else if (fields.wide() && !Utf8.valid(body, fieldsAt, fieldsEnd)) {
      refuseLine("is not valid UTF-8");
    } else if (fields.text().lineFeeds() > 0) {
      refuseLine("has a line feed behind a backslash, and so in the name of a field");
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
        "timestamp " + NameCheck.raw(body, tsAt, tsLength) + " in " + precision,
        Double.parseDouble(digits),
        precision,
        unit -> unit + "? Say precision=" + unit.parameter() + ", or send " + precision + ".");
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

  /** The offset behind the next line feed. */
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

  /** One rejection for the line, in place of those of its fields. */
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
