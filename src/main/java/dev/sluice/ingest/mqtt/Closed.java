package dev.sluice.ingest.mqtt;

import java.util.Locale;

/** Why the endpoint closed a connection, or did not let it in. */
public enum Closed {
  /** There are as many connections as there may be, in all or from its address. */
  FULL,
  /** It came from a proxy, and its PROXY header was missing, wrong or late. */
  PROXY,
  /** No CONNECT came in time. */
  SILENT,
  /** No valid token, or not the scope to write. */
  TOKEN,
  /** The tokens file cannot be used, so nobody's token can be checked. */
  UNCHECKED,
  /** The token was revoked, or expired, after the client had connected. */
  REVOKED,
  /** What came is not MQTT, or not what MQTT allows there. */
  PROTOCOL,
  /** A packet is larger than allowed. */
  TOO_LARGE,
  /** Nothing came for one and a half times the client's keep-alive. */
  KEEP_ALIVE,
  /** A packet did not arrive in time, or answers were not read. */
  STALLED,
  /** Sluice is stopping. */
  SHUTDOWN;

  /** In lower case. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
