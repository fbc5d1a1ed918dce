package dev.sluice.migration.parity;

import dev.sluice.api.MismatchCounts;
import dev.sluice.migration.Since;
import dev.sluice.migration.parity.HourParity.Verdict;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * One hour as a line of the parity log: a JSON object that always has these members in this order,
 * so that ten years of hours are read within moments. Confined to one thread.
 */
final class HourLine {
  static final String BEGIN = "{\"hour\":\"";
  private static final byte[] VERIFIED_AT = ascii(",\"verified_at\":\"");
  private static final byte[] DIRTY_SINCE = ascii(",\"dirty_since\":\"");

  private final byte[] text;
  private int at;
  private final int end;

  private HourLine(byte[] text, int from, int end) {
    this.text = text;
    this.at = from;
    this.end = end;
  }

  /** Appends the line, including its newline. */
  static void append(StringBuilder out, HourParity hour) {
    MismatchCounts counts = hour.mismatches();
    out.append(BEGIN).append(Hours.name(hour.hourMicros()));
    out.append("\",\"verdict\":\"").append(hour.verdict().label());
    out.append("\",\"mysql_rows\":").append(hour.mysqlRows());
    out.append(",\"questdb_rows\":").append(hour.questDbRows());
    out.append(",\"mismatches\":{\"missing\":").append(counts.missing());
    out.append(",\"extra\":").append(counts.extra());
    out.append(",\"value\":").append(counts.value());
    out.append(",\"precision\":").append(counts.precision()).append('}');
    hour.verifiedAt().ifPresent(t -> out.append(",\"verified_at\":\"").append(t).append('"'));
    hour.dirtySince()
        .ifPresent(since -> out.append(",\"dirty_since\":\"").append(since.at()).append('"'));
    out.append("}\n");
  }

  /**
   * Parses what {@link #append} wrote.
   *
   * @param end the index after the line, newline excluded
   * @throws RuntimeException if it is anything else
   */
  static HourParity parse(byte[] text, int from, int end) {
    return new HourLine(text, from, end).parse();
  }

  private HourParity parse() {
    expect(BEGIN);
    long hour = hour();
    expect("\",\"verdict\":\"");
    Verdict verdict = verdict();
    expect("\",\"mysql_rows\":");
    long mysqlRows = number();
    expect(",\"questdb_rows\":");
    long questDbRows = number();
    expect(",\"mismatches\":{\"missing\":");
    long missing = number();
    expect(",\"extra\":");
    long extra = number();
    expect(",\"value\":");
    long value = number();
    expect(",\"precision\":");
    long precision = number();
    expect("}");
    Optional<Instant> verifiedAt = instantBehind(VERIFIED_AT);
    Optional<Instant> dirtySince = instantBehind(DIRTY_SINCE);
    expect("}");
    if (at != end) {
      throw unexpected("the end of the line");
    }
    MismatchCounts counts = new MismatchCounts(missing, extra, value, precision);
    return new HourParity(
        hour,
        verdict,
        mysqlRows,
        questDbRows,
        counts.total() == 0 ? MismatchCounts.NONE : counts,
        verifiedAt,
        dirtySince.map(Since::at));
  }

  private Optional<Instant> instantBehind(byte[] name) {
    if (!startsWith(name)) {
      return Optional.empty();
    }
    at += name.length;
    long seconds = TimeUnit.HOURS.toSeconds(hourNumber());
    expect(":");
    seconds += 60L * digits(2);
    expect(":");
    seconds += digits(2);
    int nanos = 0;
    if (text[at] == '.') {
      at++;
      int from = at;
      while (isDigit(at)) {
        at++;
      }
      int length = at - from;
      at = from;
      nanos = digits(length);
      for (int i = length; i < 9; i++) {
        nanos *= 10;
      }
    }
    expect("Z\"");
    return Optional.of(Instant.ofEpochSecond(seconds, nanos));
  }

  private long hour() {
    return hourNumber() * Hours.HOUR_MICROS;
  }

  /** Parses {@code 2026-11-22T03} into hours since 1970. */
  private long hourNumber() {
    int year = digits(4);
    expect("-");
    int month = digits(2);
    expect("-");
    int day = digits(2);
    expect("T");
    int hour = digits(2);
    if (hour > 23) {
      throw unexpected("an hour");
    }
    return LocalDate.of(year, month, day).toEpochDay() * 24 + hour;
  }

  private Verdict verdict() {
    for (Verdict verdict : Verdict.values()) {
      byte[] label = ascii(verdict.label());
      if (startsWith(label) && text[at + label.length] == '"') {
        at += label.length;
        return verdict;
      }
    }
    throw unexpected("a verdict");
  }

  private long number() {
    int from = at;
    long number = 0;
    while (isDigit(at)) {
      number = Math.addExact(Math.multiplyExact(number, 10), text[at++] - '0');
    }
    if (at == from) {
      throw unexpected("a number");
    }
    return number;
  }

  private int digits(int count) {
    int number = 0;
    for (int i = 0; i < count; i++) {
      if (!isDigit(at)) {
        throw unexpected("a digit");
      }
      number = Math.addExact(Math.multiplyExact(number, 10), text[at++] - '0');
    }
    return number;
  }

  private boolean isDigit(int index) {
    return index < end && text[index] >= '0' && text[index] <= '9';
  }

  private void expect(String what) {
    for (int i = 0; i < what.length(); i++) {
      if (at == end || text[at] != what.charAt(i)) {
        throw unexpected(what);
      }
      at++;
    }
  }

  private boolean startsWith(byte[] what) {
    if (end - at < what.length) {
      return false;
    }
    for (int i = 0; i < what.length; i++) {
      if (text[at + i] != what[i]) {
        return false;
      }
    }
    return true;
  }

  private IllegalArgumentException unexpected(String what) {
    return new IllegalArgumentException("expected " + what + " at byte " + at);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
