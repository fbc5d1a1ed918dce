package dev.sluice.http.connection;

import java.lang.management.ManagementFactory;
import java.util.OptionalInt;

/**
 * Settings {@code http.*}.
 *
 * @param maxConnections {@code http.max-connections} of the ingest port; empty for as many as fit
 * @param maxConnectionsPerAddress {@code http.max-connections-per-address} of the ports that take
 *     readings, together; 0 for no limit
 * @param minRate {@code http.min-rate}: minimum bytes per second, in either direction, after a
 *     grace period
 */
public record HttpConfig(OptionalInt maxConnections, int maxConnectionsPerAddress, long minRate) {
  /** The range of {@code http.max-connections}, set or by default. */
  static final int MIN_CONNECTIONS = 16;

  static final int MAX_CONNECTIONS = 1_000_000;

  /** Maximum number of connections to the admin port, whatever the ingest port does. */
  public static final int ADMIN_CONNECTIONS = 128;

  /**
   * Of the admin port's connections, most from one address, loopback excepted; and the most
   * requests of one client at the same time. A browser opens six.
   */
  public static final int ADMIN_SHARE = ADMIN_CONNECTIONS / 4;

  /** Most connections that may wait to be accepted at the admin port. */
  public static final int ADMIN_BACKLOG = 4_096;

  /** Maximum number of bytes that the admin port's connections may hold together. */
  public static final long ADMIN_CONNECTION_BYTES = 16L << 20;

  /**
   * Heap reserved for each connection. An idle one takes 14 KiB; three times as many connections
   * would leave no room for what they send.
   */
  private static final long HEAP_BYTES_EACH = 48 * 1024;

  private static final long MOST_FILES_KEPT = 10_000;
  private static final long LEAST_FILES_KEPT = 1_000;

  /** How many connections fit into this process, given its heap and its limit of open files. */
  public static int connectionsThatFit() {
    return connectionsThatFit(Runtime.getRuntime().maxMemory(), openFiles());
  }

  /**
   * As many connections as the heap can carry, while leaving files for the journal and the stores:
   * a quarter of the limit of open files, between {@value #LEAST_FILES_KEPT} and {@value
   * #MOST_FILES_KEPT}, but at most half of it.
   */
  static int connectionsThatFit(long heapBytes, long openFiles) {
    long kept = Math.clamp(openFiles / 4, LEAST_FILES_KEPT, MOST_FILES_KEPT);
    long files = openFiles - Math.min(kept, openFiles / 2) - ADMIN_CONNECTIONS;
    return Math.clamp(
        Math.min(heapBytes / HEAP_BYTES_EACH, files), MIN_CONNECTIONS, MAX_CONNECTIONS);
  }

  /**
   * Bytes that connections may hold together, in addition to what idle ones take and apart from
   * bodies.
   */
  public static long connectionBytes() {
    return Math.max(16L << 20, Runtime.getRuntime().maxMemory() / 16);
  }

  private static long openFiles() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.UnixOperatingSystemMXBean unix
        ? unix.getMaxFileDescriptorCount()
        : Long.MAX_VALUE;
  }
}
