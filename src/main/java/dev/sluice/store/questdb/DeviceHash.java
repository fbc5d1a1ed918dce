package dev.sluice.store.questdb;

import dev.sluice.reading.Reading;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/**
 * The number in the column {@code device_hash}: the CRC-32C (RFC 3720, appendix B.4) of the
 * device's UTF-8 bytes. Two devices may have the same one, so whoever looks for it also compares
 * the name. Confined to one thread.
 */
public final class DeviceHash {
  /** The column, NULL in rows from before there was one. */
  public static final String COLUMN = "device_hash";

  private final CRC32C crc = new CRC32C();

  /** The hash of the name in {@code bytes[from, from + size)}; never the engine's NULL. */
  public int of(byte[] bytes, int from, int size) {
    crc.reset();
    crc.update(bytes, from, size);
    int hash = (int) crc.getValue();
    return hash == Integer.MIN_VALUE ? Integer.MAX_VALUE : hash;
  }

  /**
   * The hash of a name.
   *
   * @param device as in {@link Reading#device()}
   */
  public static int of(String device) {
    byte[] name = device.getBytes(StandardCharsets.UTF_8);
    return new DeviceHash().of(name, 0, name.length);
  }
}
