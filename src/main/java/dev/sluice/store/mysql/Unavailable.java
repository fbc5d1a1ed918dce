package dev.sluice.store.mysql;

import dev.sluice.store.ReadingSource.UnavailableException;
import java.sql.SQLDataException;
import java.sql.SQLException;
import java.util.Set;

/** Translates MySQL's errors for callers that read from it. */
final class Unavailable {
  /** A column, an index or a privilege is missing: waiting does not fix that. */
  private static final Set<Integer> LASTING = Set.of(1054, 1176, 1142, 1143);

  private Unavailable() {}

  static UnavailableException reading(SQLException e) {
    if (e instanceof SQLDataException && e.getErrorCode() == 0) {
      return new UnavailableException(
          "mysql cannot be read: it has a number that does not fit ("
              + e.getMessage()
              + "): a row whose id is greater than 9223372036854775807 cannot be copied, give it"
              + " a smaller one",
          e,
          true);
    }
    return new UnavailableException(
        "mysql cannot be read: " + Verdict.describe(e), e, LASTING.contains(e.getErrorCode()));
  }
}
