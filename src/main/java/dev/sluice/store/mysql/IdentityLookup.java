package dev.sluice.store.mysql;

import dev.sluice.reading.Identity;
import dev.sluice.reading.Reading;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * Looks up readings by identity, a fixed number per statement, each through one entry of the unique
 * key. Stateless.
 */
final class IdentityLookup {
  /** Few enough for the servers to turn each into an index range (range_optimizer_max_mem_size). */
  private static final int AT_ONCE = 100;

  private static final String ONE =
      "(device_id = ? AND created_at = CAST(? AS DATETIME(6)) AND metric = ?)";
  private static final String SELECT =
      "SELECT "
          + TimeWalk.MICROS
          + ", device_id, metric, "
          + "IF(metric = 'temp', temp, value)"
          + " FROM sensor_data FORCE INDEX (sensor_data_identity) WHERE superseded = 0 AND ("
          + String.join(" OR ", Collections.nCopies(AT_ONCE, ONE))
          + ")";

  private IdentityLookup() {}

  static List<Reading> find(Connection connection, Collection<Identity> identities)
      throws SQLException {
    List<Identity> wanted =
        new LinkedHashSet<>(identities).stream().filter(IdentityLookup::possible).toList();
    List<Reading> found = new ArrayList<>();
    try (PreparedStatement statement = connection.prepareStatement(SELECT)) {
      for (int from = 0; from < wanted.size(); from += AT_ONCE) {
        bind(statement, wanted.subList(from, Math.min(wanted.size(), from + AT_ONCE)));
        read(statement, found);
      }
    }
    return found;
  }

  /** Whether a reading can have this identity; other instants have no DATETIME text, either. */
  private static boolean possible(Identity identity) {
    return identity.tsMicros() >= 0
        && identity.tsMicros() <= Reading.MAX_TS_MICROS
        && Reading.isDevice(identity.device().getBytes(StandardCharsets.UTF_8))
        && Reading.isMetric(identity.metric().getBytes(StandardCharsets.UTF_8));
  }

  /** The last identity pads the statement: asked for twice, it is returned once. */
  private static void bind(PreparedStatement statement, List<Identity> identities)
      throws SQLException {
    int parameter = 1;
    for (int i = 0; i < AT_ONCE; i++) {
      Identity identity = identities.get(Math.min(i, identities.size() - 1));
      statement.setString(parameter++, identity.device());
      statement.setString(parameter++, UtcText.of(identity.tsMicros()));
      statement.setString(parameter++, identity.metric());
    }
  }

  private static void read(PreparedStatement statement, List<Reading> found) throws SQLException {
    try (ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        double value = row.getDouble(4);
        if (!row.wasNull()) {
          found.add(new Reading(row.getString(2), row.getString(3), row.getLong(1), value));
        }
      }
    }
  }
}
