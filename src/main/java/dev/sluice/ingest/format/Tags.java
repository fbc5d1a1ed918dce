package dev.sluice.ingest.format;

import java.util.Arrays;

/**
 * The tags of one series, sorted by the bytes of their keys, so that every way of sending them
 * makes the same metric. Confined to its parser, which reuses it for every series. Names are
 * references into the given {@link BodyText}.
 */
public final class Tags {
  /** More tags would not fit into a metric anyway. */
  private static final int MAX_TAGS = 64;

  private final BodyText text;
  private final String word;
  private final int[] key = new int[MAX_TAGS];
  private final int[] keyLength = new int[MAX_TAGS];
  private final int[] value = new int[MAX_TAGS];
  private final int[] valueLength = new int[MAX_TAGS];
  private int count;

  private byte[] into = new byte[0];
  private int written;

  /**
   * @param text resolves the names
   * @param word what the format calls a tag, for messages
   */
  public Tags(BodyText text, String word) {
    this.text = text;
    this.word = word;
  }

  public void clear() {
    count = 0;
  }

  /**
   * Reference to the value of a tag, for {@link BodyText#bytesOf} and {@link BodyText#offsetOf}.
   */
  public int value(int i) {
    return value[i];
  }

  /** Length of the value of a tag, in bytes. */
  public int valueLength(int i) {
    return valueLength[i];
  }

  /**
   * Adds a tag. Most clients send tags sorted, so the search starts at the end.
   *
   * @return why it cannot be added; empty if it was
   */
  public String add(int keyAt, int keyBytes, int valueAt, int valueBytes) {
    if (count == MAX_TAGS) {
      return "has more than " + MAX_TAGS + " " + word + "s";
    }
    int i = count;
    int order = -1;
    while (i > 0 && (order = compare(i - 1, keyAt, keyBytes)) > 0) {
      i--;
    }
    if (i > 0 && order == 0) {
      int at = BodyText.offsetOf(keyAt);
      return "has the "
          + word
          + " "
          + NameCheck.excerpt(text.bytesOf(keyAt), at, keyBytes)
          + " twice";
    }
    insert(key, i, keyAt);
    insert(keyLength, i, keyBytes);
    insert(value, i, valueAt);
    insert(valueLength, i, valueBytes);
    count++;
    return "";
  }

  /** Gives a tag another value. */
  public void change(int i, int valueAt, int valueBytes) {
    value[i] = valueAt;
    valueLength[i] = valueBytes;
  }

  /** Index of the tag with the first of these keys that is present, or -1. */
  public int firstOf(byte[][] keys) {
    for (byte[] wanted : keys) {
      for (int i = 0; i < count; i++) {
        int at = BodyText.offsetOf(key[i]);
        if (keyLength[i] == wanted.length
            && Arrays.equals(
                text.bytesOf(key[i]), at, at + wanted.length, wanted, 0, wanted.length)) {
          return i;
        }
      }
    }
    return -1;
  }

  /**
   * Writes {@code {key="value",…}} with all tags but one, as far as there is room; writes nothing
   * if there are no others.
   *
   * @param without index of the one left out; -1 for none
   * @return the length it has if there is room
   */
  public int write(byte[] target, int without) {
    into = target;
    written = 0;
    for (int i = 0; i < count; i++) {
      if (i != without) {
        writeTag(i);
      }
    }
    if (written > 0) {
      write((byte) '}');
    }
    return written;
  }

  private void writeTag(int i) {
    write(written == 0 ? (byte) '{' : (byte) ',');
    byte[] keyBytes = text.bytesOf(key[i]);
    int at = BodyText.offsetOf(key[i]);
    for (int k = at; k < at + keyLength[i]; k++) {
      write(keyBytes[k]);
    }
    write((byte) '=');
    write((byte) '"');
    if (valueLength[i] > into.length) {
      written += valueLength[i]; // it finds no room, so it is not read
    } else {
      writeValue(text.bytesOf(value[i]), BodyText.offsetOf(value[i]), valueLength[i]);
    }
    write((byte) '"');
  }

  private void writeValue(byte[] bytes, int at, int length) {
    for (int k = at; k < at + length; k++) {
      if (bytes[k] == '"' || bytes[k] == '\\') {
        write((byte) '\\');
      }
      write(bytes[k]);
    }
  }

  private void write(byte b) {
    if (written < into.length) {
      into[written] = b;
    }
    written++;
  }

  private void insert(int[] column, int i, int what) {
    System.arraycopy(column, i, column, i + 1, count - i);
    column[i] = what;
  }

  private int compare(int i, int otherAt, int otherLength) {
    int mine = BodyText.offsetOf(key[i]);
    int other = BodyText.offsetOf(otherAt);
    return Arrays.compareUnsigned(
        text.bytesOf(key[i]),
        mine,
        mine + keyLength[i],
        text.bytesOf(otherAt),
        other,
        other + otherLength);
  }
}
