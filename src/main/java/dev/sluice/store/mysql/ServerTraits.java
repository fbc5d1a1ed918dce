package dev.sluice.store.mysql;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;

/**
 * The server settings that matter for writing to it. Immutable; queried again after every outage,
 * because another server may answer then.
 *
 * @param rowAlias whether the server supports {@code INSERT ... AS new}
 * @param maxPacketBytes longest statement
 * @param durableAfter how long a power cut may still undo what was committed
 */
record ServerTraits(boolean rowAlias, int maxPacketBytes, Duration durableAfter) {
  private static final String QUERY =
      "SELECT VERSION(), @@max_allowed_packet, @@innodb_flush_log_at_trx_commit,"
          + " @@innodb_flush_log_at_timeout, @@log_bin, @@sync_binlog";

  /** Room for the protocol's own header. */
  private static final int PACKET_MARGIN_BYTES = 1024;

  /**
   * How long the kernel may hold data before writing it back: 30 s by default, plus its interval.
   */
  private static final Duration KERNEL_WRITES_BACK_WITHIN = Duration.ofSeconds(40);

  static ServerTraits of(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(QUERY)) {
      if (!row.next()) {
        throw new SQLException("the server did not answer: " + QUERY);
      }
      String version = row.getString(1);
      return new ServerTraits(
          !version.contains("MariaDB"),
          (int) Math.min(row.getLong(2), 1 << 30) - PACKET_MARGIN_BYTES,
          durableAfter(row.getInt(3), row.getInt(4), row.getBoolean(5), row.getLong(6)));
    }
  }

  /**
   * With innodb_flush_log_at_trx_commit 0 or 2, the redo log is synced in the background, every
   * innodb_flush_log_at_timeout seconds. With a binary log that is not synced on every commit,
   * recovery rolls back what that log has lost.
   */
  static Duration durableAfter(
      int flushAtCommit, int flushSeconds, boolean binlog, long syncBinlog) {
    Duration redo =
        flushAtCommit == 0 || flushAtCommit == 2
            ? Duration.ofSeconds(flushSeconds + 1L)
            : Duration.ZERO;
    return binlog && syncBinlog != 1 && redo.compareTo(KERNEL_WRITES_BACK_WITHIN) < 0
        ? KERNEL_WRITES_BACK_WITHIN
        : redo;
  }
}
