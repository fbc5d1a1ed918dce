package dev.sluice.store.mysql;

import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * One multi-row upsert, written out as text. Confined to one thread; reused for the next statement.
 *
 * <p>Text rather than parameters, because it is exact and cheap: a double is written as the
 * shortest decimal that reads back as the same bits, always with an exponent, because only then do
 * the servers treat it as a double and keep the sign of -0.0 (the driver's own parameters lose it);
 * an instant is written as UTC digits. Names are quoted for a session without NO_BACKSLASH_ESCAPES,
 * see {@link Pools}.
 */
final class Upsert {
  private static final byte[] INSERT =
      ascii("INSERT INTO sensor_data (device_id, created_at, metric, temp, value) VALUES ");
  private static final byte[] ON_DUPLICATE =
      ascii(" ON DUPLICATE KEY UPDATE temp = VALUES(temp), value = VALUES(value)");
  private static final byte[] ON_DUPLICATE_BY_ALIAS =
      ascii(" AS new ON DUPLICATE KEY UPDATE temp = new.temp, value = new.value");
  private static final byte[] TEMP = ascii("temp");
  private static final byte[] TEMP_VALUE_NULL = ascii("',NULL,");

  /** Two names with every byte escaped, instant, number, NULL, quotes and commas. */
  static final int MAX_ROW_BYTES =
      2 * (Reading.MAX_DEVICE_BYTES + Reading.MAX_METRIC_BYTES) + UtcText.LENGTH + 26 + 24;

  private final byte[] tail;
  private final int maxBytes;
  private byte[] sql = new byte[64 * 1024];
  private int length;

  /**
   * @param rowAlias whether the server knows {@code AS new} (MySQL, where VALUES() is deprecated)
   * @param maxBytes most bytes of one statement
   */
  Upsert(boolean rowAlias, int maxBytes) {
    tail = rowAlias ? ON_DUPLICATE_BY_ALIAS : ON_DUPLICATE;
    this.maxBytes = Math.max(maxBytes, INSERT.length + MAX_ROW_BYTES + tail.length);
  }

  /**
   * Writes the statement for as many readings as fit, in order.
   *
   * @param rows indexes into the batch; those in [from, to) are to be written
   * @return where in {@code rows} the next statement starts
   */
  int write(ReadingBatch batch, int[] rows, int from, int to) {
    length = 0;
    append(INSERT, 0, INSERT.length);
    int limit = maxBytes - tail.length - MAX_ROW_BYTES;
    int at = from;
    while (at < to && (at == from || length <= limit)) {
      reserve(MAX_ROW_BYTES);
      row(batch, rows[at], at > from);
      at++;
    }
    append(tail, 0, tail.length);
    return at;
  }

  /** The statement last written. */
  String sql() {
    return new String(sql, 0, length, StandardCharsets.UTF_8);
  }

  int lengthBytes() {
    return length;
  }

  private void row(ReadingBatch batch, int i, boolean further) {
    if (further) {
      sql[length++] = ',';
    }
    sql[length++] = '(';
    sql[length++] = '\'';
    quoted(batch.bytes(), batch.deviceAt(i), batch.deviceLength(i));
    sql[length++] = '\'';
    sql[length++] = ',';
    sql[length++] = '\'';
    UtcText.write(batch.tsMicros(i), sql, length);
    length += UtcText.LENGTH;
    sql[length++] = '\'';
    sql[length++] = ',';
    sql[length++] = '\'';
    quoted(batch.bytes(), batch.metricAt(i), batch.metricLength(i));
    value(batch.value(i), isTemp(batch, i));
    sql[length++] = ')';
  }

  private void value(double value, boolean temp) {
    if (temp) {
      sql[length++] = '\'';
      sql[length++] = ',';
      number(value);
      append(TEMP_VALUE_NULL, 1, TEMP_VALUE_NULL.length - 2);
    } else {
      append(TEMP_VALUE_NULL, 0, TEMP_VALUE_NULL.length);
      number(value);
    }
  }

  private static boolean isTemp(ReadingBatch batch, int i) {
    int at = batch.metricAt(i);
    return batch.metricLength(i) == TEMP.length
        && Arrays.equals(batch.bytes(), at, at + TEMP.length, TEMP, 0, TEMP.length);
  }

  private void quoted(byte[] name, int from, int bytes) {
    for (int i = from; i < from + bytes; i++) {
      byte b = name[i];
      if (b == '\'' || b == '\\') {
        sql[length++] = b;
      }
      sql[length++] = b;
    }
  }

  private void number(double value) {
    String text = Double.toString(value);
    boolean exponent = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      exponent |= c == 'E';
      sql[length++] = (byte) c;
    }
    if (!exponent) {
      sql[length++] = 'E';
      sql[length++] = '0';
    }
  }

  private void append(byte[] text, int from, int bytes) {
    reserve(bytes);
    System.arraycopy(text, from, sql, length, bytes);
    length += bytes;
  }

  private void reserve(int more) {
    if (length + more > sql.length) {
      sql = Arrays.copyOf(sql, Math.max(length + more, sql.length * 2));
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
