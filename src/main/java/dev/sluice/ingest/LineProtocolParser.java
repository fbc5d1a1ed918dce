package dev.sluice.ingest;

import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBuffer;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * Readings from InfluxDB line protocol: {@code measurement,tag=… field=…,field=… timestamp}. Works
 * on the bytes in a single pass and allocates nothing per reading.
 *
 * <p>A line that is malformed, whose device or timestamp cannot be stored, or that is not valid
 * UTF-8, is refused by its number, and the others are kept. What is wrong with one field (a text, a
 * number that is not finite, a metric over {@value Reading#MAX_NAME_BYTES} bytes or with a control
 * character) refuses that field by name. A field that comes twice in a line is two readings, of
 * which the later wins like everywhere.
 *
 * <p>A line ends at a line feed, or a carriage return and one; a text value alone may hold line
 * feeds, and a text that is never closed takes the rest of the body with it, like in InfluxDB.
 * Behind a syntax error the next line starts after the next line feed. Blank lines and lines that
 * start with {@code #} are skipped, and so are spaces around the three parts.
 *
 * <p>Confined to one request at a time and reusable. Between requests it keeps less than 100 KiB of
 * its own, whatever came before, and still refers to the last body and buffer.
 */
final class LineProtocolParser {
  private static final int TOO_LARGE = -2;
  private static final int FAILED = -1;

  private final LineSeries series;
  private final LineFields fields;

  private byte[] body = new byte[0];
  private int end;
  private Precision precision = Precision.DEFAULT;
  private long nowMicros;
  private ReadingBuffer into = new ReadingBuffer(1, 1);
  private Rejections rejections = new Rejections();
  private int line;

  private long tsMicros;
  private int tsAt;
  private int tsLength;
  private String error = "";
  private int errorAt;

  /**
   * For one request after the other.
   *
   * @param deviceTags tags that name the device; the first that a line has is taken
   * @param memory told by how many bytes it is about to grow; what it throws comes out of the
   *     parse, which leaves buffer and rejections undefined
   */
  LineProtocolParser(List<String> deviceTags, LongConsumer memory) {
    this.series = new LineSeries(deviceTags, memory);
    this.fields = new LineFields(memory);
  }

  /**
   * Reads lines from bytes [from, to) of the body. Never {@link Outcome.Malformed}.
   *
   * @param unit of the timestamps
   * @param now the time of a line without a timestamp, in microseconds
   * @param buffer emptied, then filled
   * @param refused emptied, then filled; positions are lines, the first is 1
   */
  Outcome parse(
      byte[] bytes,
      int from,
      int to,
      Precision unit,
      long now,
      ReadingBuffer buffer,
      Rejections refused) {
    body = bytes;
    end = to;
    precision = unit;
    nowMicros = now;
    into = buffer;
    rejections = refused;
    into.clear();
    rejections.clear();
    series.start(bytes);
    line = 1;
    try {
      Outcome outcome = takeLines(from);
      if (outcome instanceof Outcome.TooLarge) {
        into.clear();
        rejections.clear();
      }
      return outcome;
    } finally {
      series.release();
      fields.release();
    }
  }

  private Outcome takeLines(int from) {
    int at = from;
    while (at < end) {
      at = takeLine(at);
      if (at == TOO_LARGE) {
        return Outcome.TooLarge.INSTANCE;
      }
    }
    return Outcome.Parsed.INSTANCE;
  }

  /** Answers the offset of the next line, or {@link #TOO_LARGE}. */
  private int takeLine(int at) {
    int i = at;
    while (i < end && (body[i] == ' ' || body[i] == '\t')) {
      i++;
    }
    if (LineText.isLineEnd(body, i, end) || body[i] == '#') {
      line++;
      return nextLine(i);
    }
    rejections.mark();
    int lineEnd = readLine(i);
    if (lineEnd == FAILED) {
      refuseLine(error);
      line += 1 + lineFeeds(i, errorAt);
      return nextLine(errorAt);
    }
    if (lineEnd == TOO_LARGE) {
      return TOO_LARGE;
    }
    line += 1 + fields.lineFeeds();
    return nextLine(lineEnd);
  }

  /** Answers the offset of the line's end, {@link #FAILED} or {@link #TOO_LARGE}. */
  private int readLine(int at) {
    int seriesEnd = series.read(at, end);
    if (seriesEnd == FAILED) {
      return fail(series.errorAt(), series.error());
    }
    int fieldsAt = skipSpaces(seriesEnd);
    int fieldsEnd = fields.read(body, fieldsAt, end, line, rejections);
    if (fieldsEnd == FAILED) {
      return fail(fields.errorAt(), fields.error());
    }
    int i = skipSpaces(fieldsEnd);
    tsMicros = nowMicros;
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
    int behind = skipSpaces(i);
    if (i == first || !LineText.isLineEnd(body, behind, end)) {
      return fail(i, "has a malformed timestamp");
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
    } else if (tsMicros < 0) {
      refuseLine(
          rejections.wantsReason()
              ? "timestamp %s in %s is outside 1970-01-01..9999-12-31"
                  .formatted(NameCheck.raw(body, tsAt, tsLength), precision)
              : "");
    } else {
      return addReadings();
    }
    return true;
  }

  private boolean addReadings() {
    PendingReadings pending = fields.pending();
    for (int i = 0; i < pending.count(); i++) {
      byte[] field = fields.text().bytesOf(pending.name(i));
      int at = LineText.offsetOf(pending.name(i));
      int length = pending.length(i);
      int metricLength = series.makeMetric(field, at, length);
      if (metricLength > Reading.MAX_NAME_BYTES) {
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

  private int skipSpaces(int at) {
    int i = at;
    while (i < end && body[i] == ' ') {
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
    rejections.add(line, reason);
  }

  private void refuseField(byte[] field, int at, int length, int metricLength) {
    if (!rejections.wantsReason()) {
      rejections.add(line, "");
      return;
    }
    String why =
        metricLength > Reading.MAX_NAME_BYTES
            ? " makes a metric of %d bytes with measurement and tags, allowed are 1..%d"
                .formatted(metricLength, Reading.MAX_NAME_BYTES)
            : " holds a control character in its name";
    rejections.add(line, "field " + NameCheck.excerpt(field, at, length) + why);
  }

  private int fail(int at, String reason) {
    error = reason;
    errorAt = at;
    return FAILED;
  }
}
