package dev.sluice.sink.mysql;

import dev.sluice.sink.ReadingSource.UnavailableException;
import java.sql.SQLException;

/** What MySQL's errors are for who reads from it. */
final class Unavailable {
  private Unavailable() {}

  static UnavailableException reading(SQLException e) {
    return new UnavailableException("mysql cannot be read: " + Verdict.describe(e), e);
  }
}
