package dev.sluice.http.connection;

import dev.sluice.config.Key;
import dev.sluice.config.ValueType;
import java.util.List;

/** The keys of {@link HttpConfig}. */
public final class HttpKeys {
  public static final Key<Integer> MAX_CONNECTIONS =
      Key.of(
          "http.max-connections",
          ValueType.integer(HttpConfig.MIN_CONNECTIONS, HttpConfig.MAX_CONNECTIONS),
          "Connections of the ingest port; by default as many as heap and open files allow.");
  public static final Key<Integer> MAX_CONNECTIONS_PER_ADDRESS =
      Key.of(
          "http.max-connections-per-address",
          "2000",
          ValueType.integer(0, HttpConfig.MAX_CONNECTIONS),
          "Most from one address to the ingest, OTLP and MQTT ports, loopback excepted; 0: no limit.");
  public static final Key<Long> MIN_RATE =
      Key.of(
          "http.min-rate",
          "1KiB",
          ValueType.bytes("0", "1GiB"),
          "Least bytes per second of a request or an answer, after 10 s; 0 is no limit.");

  /** All of them, in the order of the reference. */
  public static final List<Key<?>> ALL =
      List.of(MAX_CONNECTIONS, MAX_CONNECTIONS_PER_ADDRESS, MIN_RATE);

  private HttpKeys() {}
}
