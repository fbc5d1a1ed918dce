package dev.sluice.store.mysql;

import com.zaxxer.hikari.HikariDataSource;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.store.WritePermit;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Writes one lane, statement after statement, over one connection. Used by one thread at a time.
 */
final class LaneWriter {
  private static final int DEADLOCK_TRIES = 6;

  /** Nothing was sent. */
  static final class NotPermittedException extends SQLException {
    private static final long serialVersionUID = 1;
  }

  private final HikariDataSource pool;
  private final int batchRows;
  private final StrayStatements strays;
  private ServerTraits server = new ServerTraits(false, 0, Duration.ZERO);
  private Upsert upsert = new Upsert(server.rowAlias(), server.maxPacketBytes());

  LaneWriter(HikariDataSource pool, int batchRows, StrayStatements strays) {
    this.pool = pool;
    this.batchRows = batchRows;
    this.strays = strays;
  }

  /**
   * Upserts the readings {@code rows[from..to)} in that order.
   *
   * @param permit asked before each statement
   * @return what stopped it; empty when all are committed
   */
  Optional<SQLException> write(
      ReadingBatch batch, int[] rows, int from, int to, ServerTraits current, WritePermit permit) {
    if (from == to) {
      return Optional.empty();
    }
    writeFor(current);
    try (Connection connection = pool.getConnection()) {
      long id = StrayStatements.idOf(connection);
      try (Statement statement = connection.createStatement()) {
        statement.setEscapeProcessing(false);
        for (int at = from; at < to; ) {
          at = upsert.write(batch, rows, at, Math.min(to, at + batchRows));
          execute(statement, upsert.sql(), permit);
        }
      } catch (NotPermittedException e) {
        return Optional.of(e);
      } catch (SQLException e) {
        // The next connection may reach a server that is up, or one that is not read-only.
        if (Verdict.of(e) != Verdict.REFUSED) {
          strays.failed(id, e);
          pool.evictConnection(connection);
        }
        return Optional.of(e);
      }
    } catch (SQLException e) {
      return Optional.of(e);
    }
    return Optional.empty();
  }

  /** The statement's buffer is large, so it is kept until the server changes. */
  private void writeFor(ServerTraits current) {
    if (!server.equals(current)) {
      server = current;
      upsert = new Upsert(server.rowAlias(), server.maxPacketBytes());
    }
  }

  private static void execute(Statement statement, String sql, WritePermit permit)
      throws SQLException {
    for (int left = DEADLOCK_TRIES; ; left--) {
      if (!permit.holds()) {
        throw new NotPermittedException();
      }
      try {
        statement.executeUpdate(sql);
        return;
      } catch (SQLException e) {
        if (Verdict.of(e) != Verdict.AGAIN || left == 1) {
          throw e;
        }
        LockSupport.parkNanos(
            TimeUnit.MILLISECONDS.toNanos(1 + ThreadLocalRandom.current().nextInt(20)));
      }
    }
  }
}
