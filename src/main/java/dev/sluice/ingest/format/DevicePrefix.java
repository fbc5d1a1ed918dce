package dev.sluice.ingest.format;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/**
 * What the name of every device of one request must begin with; nothing, for most. Set by a work
 * area before its codecs parse a body. Confined to one thread at a time; reusable after {@link
 * #clear()}.
 */
public final class DevicePrefix {
  private static final byte[] NONE = {};

  private byte[] prefix = NONE;

  /** Requires this prefix from now on; an empty one allows every device. */
  public void set(String text) {
    prefix = text.isEmpty() ? NONE : text.getBytes(UTF_8);
  }

  /** Allows every device again. */
  public void clear() {
    prefix = NONE;
  }

  /** Whether the device with this name, of {@code length} bytes, is allowed. */
  public boolean begins(byte[] bytes, int at, int length) {
    int need = prefix.length;
    return need == 0 || (length >= need && Arrays.equals(bytes, at, at + need, prefix, 0, need));
  }

  /** Why this device is refused. */
  public String refusal(byte[] bytes, int at, int length) {
    return "device "
        + NameCheck.excerpt(bytes, at, length)
        + " is none of this token's, whose names begin with "
        + NameCheck.excerpt(prefix, 0, prefix.length);
  }
}
