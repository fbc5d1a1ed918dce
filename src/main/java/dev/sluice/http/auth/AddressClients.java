package dev.sluice.http.auth;

import io.helidon.webserver.http.ServerRequest;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The clients that are known by their address alone. Thread-safe, without a lock.
 *
 * <p>Those seen last are kept in a table of fixed size, so that a request builds no text of its
 * address; two addresses that share a slot displace each other.
 */
final class AddressClients {
  private static final int SLOT_BITS = 12;

  /** Of a socket that has no address, or has lost it because the connection is gone. */
  private static final Client NOWHERE = Client.ofAddress("unknown");

  private record Slot(InetAddress address, Client client) {}

  private final AtomicReferenceArray<@Nullable Slot> slots =
      new AtomicReferenceArray<>(1 << SLOT_BITS);

  /** The client at the other end of this request's connection. */
  Client of(ServerRequest request) {
    return of(address(request));
  }

  /**
   * The client with this address.
   *
   * @param address null if the connection is gone
   */
  Client of(@Nullable InetAddress address) {
    if (address == null) {
      return NOWHERE;
    }
    // The multiplier is 2^32 divided by the golden ratio: neighbours land far apart.
    int slot = (address.hashCode() * 0x9E3779B9) >>> (Integer.SIZE - SLOT_BITS);
    Slot kept = slots.get(slot);
    if (kept != null && kept.address.equals(address)) {
      return kept.client;
    }
    Client client = Client.ofAddress(text(address));
    slots.set(slot, new Slot(address, client));
    return client;
  }

  /** The address of a request's sender; null if the connection is gone. */
  static @Nullable InetAddress address(ServerRequest request) {
    return request.remotePeer().address() instanceof InetSocketAddress socket
        ? socket.getAddress()
        : null;
  }

  /** The address without the interface it came in by, which is this machine's affair. */
  static String text(InetAddress address) {
    String text = address.getHostAddress();
    int zone = text.indexOf('%');
    return zone < 0 ? text : text.substring(0, zone);
  }
}
