package dev.sluice.ingest.udp;

import dev.sluice.config.Key;
import dev.sluice.config.ValueType;
import dev.sluice.http.auth.AddressRange;
import java.util.List;

/** The keys of {@link UdpConfig}. */
public final class UdpKeys {
  public static final Key<Boolean> ENABLED =
      Key.of(
          "udp.enabled",
          "false",
          ValueType.flag(),
          "Whether readings are taken from datagrams. Nobody gets an answer to one.");
  public static final Key<String> HOST =
      Key.of("udp.host", "127.0.0.1", ValueType.name(), "Address that receives datagrams.");
  public static final Key<Integer> PORT =
      Key.of("udp.port", "8089", ValueType.port(), "Port that receives datagrams.");
  public static final Key<Long> RECEIVE_BUFFER =
      Key.of(
          "udp.receive-buffer",
          "4MiB",
          ValueType.bytes("4KiB", "1GiB"),
          "Datagrams waiting to be read; the kernel grants at most net.core.rmem_max.");
  public static final Key<List<AddressRange>> ALLOW =
      Key.of(
          "udp.allow",
          AddressRange.list(),
          "Networks whose datagrams are taken; any udp.host but loopback needs it.");

  /** All of them, in the order of the reference. */
  public static final List<Key<?>> ALL = List.of(ENABLED, HOST, PORT, RECEIVE_BUFFER, ALLOW);

  private UdpKeys() {}
}
