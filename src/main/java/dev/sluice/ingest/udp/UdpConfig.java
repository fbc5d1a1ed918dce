package dev.sluice.ingest.udp;

import dev.sluice.http.auth.AddressRange;
import java.net.InetAddress;
import java.util.List;

/**
 * Settings {@code udp.*}.
 *
 * @param host {@code udp.host}
 * @param port {@code udp.port}; 0 for any free port
 * @param receiveBufferBytes {@code udp.receive-buffer}: what the kernel is asked to hold for us; it
 *     grants no more than {@code net.core.rmem_max}
 * @param allow {@code udp.allow}: networks whose datagrams are taken; empty for every network
 */
public record UdpConfig(String host, int port, int receiveBufferBytes, List<AddressRange> allow) {
  /** Copies the networks. */
  public UdpConfig {
    allow = List.copyOf(allow);
  }

  /** Whether datagrams of this sender are taken. */
  boolean allows(InetAddress sender) {
    if (allow.isEmpty()) {
      return true;
    }
    for (AddressRange range : allow) {
      if (range.holds(sender)) {
        return true;
      }
    }
    return false;
  }
}
