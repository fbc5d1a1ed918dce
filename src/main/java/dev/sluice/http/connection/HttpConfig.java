package dev.sluice.http.connection;

import java.lang.management.ManagementFactory;
import java.util.OptionalInt;

/**
 * Settings {@code http.*}.
 *
 * @param maxConnections {@code http.max-connections} of the ingest port; empty for as many as fit
 * @param minRate {@code http.min-rate}: least bytes a second, in either direction, after a grace
 */
public record HttpConfig(OptionalInt maxConnections, long minRate) {
  /** Connections that the admin port takes at most, whatever the ingest port does. */
  public static final int ADMIN_CONNECTIONS = 128;

  /** What they may hold together. */
  public static final long ADMIN_CONNECTION_BYTES = 16L << 20;

  /**
   * Of the heap, for each connection. An idle one takes 14 KiB; three times as many would leave no
   * room for what they send.
   */
  private static final long HEAP_BYTES_EACH = 48 * 1024;

  private static final long MOST_FILES_KEPT = 10_000;
  private static final long LEAST_FILES_KEPT = 1_000;

  /** How many connections fit into this process: its heap, and its limit of open files. */
  public static int connectionsThatFit() {
    return connectionsThatFit(Runtime.getRuntime().maxMemory(), openFiles());
  }

  /**
   * As many as the heap carries, and as leave files for the journal and the stores: a quarter of
   * the limit, at least {@value #LEAST_FILES_KEPT}, but at most a half of it.
   */
  static int connectionsThatFit(long heapBytes, long openFiles) {
    long kept = Math.clamp(openFiles / 4, LEAST_FILES_KEPT, MOST_FILES_KEPT);
    long files = openFiles - Math.min(kept, openFiles / 2) - ADMIN_CONNECTIONS;
    return Math.clamp(Math.min(heapBytes / HEAP_BYTES_EACH, files), 16, 1_000_000);
  }

  /** What connections may hold together, beside what an idle one takes and beside bodies. */
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
