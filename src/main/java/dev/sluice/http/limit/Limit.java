package dev.sluice.http.limit;

/** What a client can have too much of. */
public enum Limit {
  READINGS_PER_SECOND("readings-per-second"),
  BYTES_PER_SECOND("bytes-per-second"),
  CONCURRENT_REQUESTS("concurrent-requests"),
  INFLIGHT_SHARE("inflight-share"),
  READ_SHARE("read-share"),
  UNKNOWN_PER_SECOND("unknown-per-second"),
  /** Kept by the listener itself, and only counted here. */
  CONNECTIONS_PER_ADDRESS("connections-per-address", "http.max-connections-per-address");

  private final String label;
  private final String key;

  Limit(String label) {
    this(label, "limits." + label);
  }

  Limit(String label, String key) {
    this.label = label;
    this.key = key;
  }

  /** Its name in metrics and on a line of the tokens file. */
  public String label() {
    return label;
  }

  /** The key of its setting. */
  String key() {
    return key;
  }
}
