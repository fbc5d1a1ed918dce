package dev.sluice.ingest;

import dev.sluice.ingest.format.TsWindow;
import dev.sluice.reading.Micros;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * Settings {@code ingest.*}.
 *
 * @param host {@code ingest.host}
 * @param port {@code ingest.port}; 0 for any free port
 * @param backlog {@code ingest.backlog}: most connections that may wait to be accepted
 * @param maxBodyBytes {@code ingest.max-body-bytes}: maximum decoded size of one request's body
 * @param maxInflightBytes {@code ingest.max-inflight-bytes}: maximum number of bytes that all
 *     requests hold at the same time, in bodies, their readings and for parsing
 * @param bodyTimeout {@code ingest.body-timeout}: maximum time for one request's body to arrive
 * @param deviceTags {@code ingest.device-tags}: tags of line protocol, and labels of Prometheus,
 *     that name the device; the first one present wins
 * @param textFields {@code ingest.text-fields}: what happens to text fields in line protocol
 * @param oldestTs {@code ingest.oldest-ts}: readings older than this are not stored with their own
 *     time
 * @param maxAhead {@code ingest.max-ahead}: nor are readings further ahead of the clock than this
 * @param badTs {@code ingest.bad-ts}: what happens to those readings
 * @param otlp what concerns OTLP only
 */
public record IngestConfig(
    String host,
    int port,
    int backlog,
    int maxBodyBytes,
    long maxInflightBytes,
    Duration bodyTimeout,
    List<String> deviceTags,
    TextFields textFields,
    Instant oldestTs,
    Duration maxAhead,
    BadTs badTs,
    Otlp otlp) {
  /**
   * What concerns OTLP only.
   *
   * @param port {@code otlp.port}: a second port that receives readings, in OTLP only; 0 for none
   * @param deviceAttributes {@code ingest.otlp-device-attributes}: attributes that name the device;
   *     the first one present wins, of a resource before those of a data point
   */
  public record Otlp(int port, List<String> deviceAttributes) {}

  /** What happens to a line-protocol field that is a text. */
  public enum TextFields {
    /** The field is left out and counted. */
    IGNORE,
    /** The field is refused by name. */
    REFUSE
  }

  /** What happens to a reading whose time is outside the window. */
  public enum BadTs {
    /** The reading is refused, with a hint at what its time looks like. */
    REFUSE,
    /** The reading is stored with the time of receipt, and counted. */
    RECEIPT
  }

  /**
   * A body may be held as a chunk of the connection, as sent, and decoded, all at the same time.
   */
  private static final int COPIES = 4;

  /** Refuses limits under which the largest body would be put off forever. */
  public IngestConfig {
    if (maxInflightBytes < minInflightBytes(maxBodyBytes)) {
      throw new IllegalArgumentException(
          ("ingest.max-inflight-bytes is %s, allowed is at least %s times"
                  + " ingest.max-body-bytes (%s)")
              .formatted(maxInflightBytes, COPIES, minInflightBytes(maxBodyBytes)));
    }
  }

  /** The least that {@link #maxInflightBytes} may be. */
  static long minInflightBytes(long maxBodyBytes) {
    return COPIES * maxBodyBytes;
  }

  /**
   * Maximum encoded size of one request's readings. One short field per reading grows most when
   * encoded: far more than this is no honest body.
   */
  public int maxReadingBytes() {
    return (int) Math.min(Integer.MAX_VALUE - 8, 8L * maxBodyBytes + ReadingBuffer.CHUNK_BYTES);
  }

  /** The times that readings of a request received at {@code now} may have. */
  public TsWindow window(Instant now) {
    long nowMicros = Micros.of(now);
    return new TsWindow(
        nowMicros,
        Micros.of(oldestTs),
        Math.min(Reading.MAX_TS_MICROS, nowMicros + micros(maxAhead)),
        badTs == BadTs.RECEIPT);
  }

  private static long micros(Duration duration) {
    return duration.getSeconds() * 1_000_000 + duration.getNano() / 1_000;
  }
}
