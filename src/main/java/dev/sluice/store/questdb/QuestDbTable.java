package dev.sluice.store.questdb;

import dev.sluice.reading.Counted;
import dev.sluice.reading.Micros;
import dev.sluice.reading.Reading;
import dev.sluice.store.WalStatus;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/** The table that {@code migrations/questdb} creates: its name, its SQL and its messages. */
public final class QuestDbTable {
  public static final String NAME = "readings";

  /** Resumes at the transaction that failed, so nothing is skipped. */
  public static final String RESUME = "ALTER TABLE " + NAME + " RESUME WAL";

  public static final String MISSING = "QuestDB has no table " + NAME + "; run: ./sluice migrate";

  /**
   * Most transactions accepted but not yet applied. Beyond that the journal keeps the readings: it
   * has a limit in bytes and counts them as backlog, while the store's log has no limit.
   */
  public static final int MAX_UNAPPLIED = 500;

  private static final DateTimeFormatter INSTANT =
      DateTimeFormatter.ofPattern("''yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'''").withZone(ZoneOffset.UTC);

  private QuestDbTable() {}

  /**
   * Formats an instant as a literal. A bare number will not do: in a list after {@code IN} the
   * engine reads numbers as years.
   *
   * @param micros since the epoch, 0..{@link Reading#MAX_TS_MICROS}
   */
  static String instant(long micros) {
    return INSTANT.format(Micros.instant(micros));
  }

  /** A condition that the engine recognises as an interval of ts: nothing is filtered or sorted. */
  public static String between(long fromMicros, long toMicros) {
    return between(timestamp(fromMicros), timestamp(toMicros));
  }

  static String between(String from, String to) {
    return "ts >= " + from + " AND ts < " + to;
  }

  static String timestamp(long micros) {
    return "cast(" + micros + " AS TIMESTAMP)";
  }

  /** Why nothing is written to a table that is applied more slowly than it is written to. */
  public static String behind(WalStatus status) {
    return "QuestDB still has to apply %s to table %s; it catches up by itself"
            .formatted(Counted.of(status.visibleLag(), "transaction"), NAME)
        + " (readings in order of time, more cores or a faster disk help)";
  }

  /** Why nothing is written to a suspended table, and what helps. */
  public static String suspended(WalStatus status) {
    return "QuestDB suspended table "
        + NAME
        + " after transaction "
        + status.writerTxn()
        + " of "
        + status.sequencerTxn()
        + (status.error().isEmpty() ? "" : ": " + status.error())
        + "; fix the cause (often a full disk), and it resumes by itself (manually: "
        + RESUME
        + ")";
  }
}
