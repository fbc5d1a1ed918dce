package dev.sluice.ingest;

import dev.sluice.ingest.format.TsWindow;
import dev.sluice.reading.Reading;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * Settings {@code ingest.*}.
 *
 * @param host {@code ingest.host}
 * @param port {@code ingest.port}; 0 takes a free one
 * @param maxBodyBytes {@code ingest.max-body-bytes}: most decoded bytes of one request
 * @param maxInflightBytes {@code ingest.max-inflight-bytes}: most bytes that all requests hold at
 *     once, in bodies, their readings and what parsing takes
 * @param bodyTimeout {@code ingest.body-timeout}: most time one request's body may take to arrive
 * @param deviceTags {@code ingest.device-tags}: line-protocol tags that name the device, first wins
 * @param textFields {@code ingest.text-fields}: what becomes of texts in line protocol
 * @param oldestTs {@code ingest.oldest-ts}: readings from before are not stored with their own time
 * @param maxAhead {@code ingest.max-ahead}: nor those further ahead of the clock than this
 * @param badTs {@code ingest.bad-ts}: what becomes of them
 */
public record IngestConfig(
    String host,
    int port,
    int maxBodyBytes,
    long maxInflightBytes,
    Duration bodyTimeout,
    List<String> deviceTags,
    TextFields textFields,
    Instant oldestTs,
    Duration maxAhead,
    BadTs badTs) {
  /** What becomes of a field of line protocol that is a text. */
  public enum TextFields {
    /** It is left out and counted. */
    IGNORE,
    /** It is refused by name. */
    REFUSE
  }

  /** What becomes of a reading whose time is outside the window. */
  public enum BadTs {
    /** It is refused, with what its time looks like. */
    REFUSE,
    /** It is stored at the time of receipt and counted. */
    RECEIPT
  }

  /** One body may be held as a chunk of the connection, as sent, and decoded, all at once. */
  private static final int COPIES = 4;

  /** Refuses limits under which the greatest body would be put off for ever. */
  public IngestConfig {
    if (maxInflightBytes < (long) COPIES * maxBodyBytes) {
      throw new IllegalArgumentException(
          "ingest.max-inflight-bytes is "
              + maxInflightBytes
              + ", allowed is at least "
              + COPIES
              + " times ingest.max-body-bytes ("
              + (long) COPIES * maxBodyBytes
              + ")");
    }
  }

  /** What a request received now may bring. */
  public TsWindow window(Instant now) {
    long nowMicros = micros(now);
    return new TsWindow(
        nowMicros,
        micros(oldestTs),
        Math.min(Reading.MAX_TS_MICROS, nowMicros + micros(maxAhead)),
        badTs == BadTs.RECEIPT);
  }

  private static long micros(Duration duration) {
    return duration.getSeconds() * 1_000_000 + duration.getNano() / 1_000;
  }

  private static long micros(Instant instant) {
    return instant.getEpochSecond() * 1_000_000 + instant.getNano() / 1_000;
  }
}
