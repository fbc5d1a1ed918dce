package dev.sluice.store.mysql;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Marks the connections over which a process writes, so that others can find and end them at the
 * server. The marks are named locks, which need no privilege, and which a server forgets with the
 * connection: one has the group in its name and one the writer, both the connection's id.
 * Immutable.
 *
 * @param group those that write to the same rows, one at a time; up to 36 letters, digits, {@code
 *     _} and {@code -}
 * @param writer this process, likewise; no other has had the same
 */
public record WriterMark(String group, String writer) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,36}");

  /** How many locks are asked for in one statement. */
  private static final int AT_ONCE = 500;

  public WriterMark {
    for (String name : List.of(group, writer)) {
      if (!NAME.matcher(name).matches()) {
        throw new IllegalArgumentException(
            "mark '%s', allowed are 1 to 36 letters, digits, _ and -".formatted(name));
      }
    }
  }

  /** The statement by which a new connection is marked, before anything else is done with it. */
  String onOpen() {
    return "DO GET_LOCK(CONCAT('%s', CONNECTION_ID()), 0), GET_LOCK(CONCAT('%s', CONNECTION_ID()), 0)"
        .formatted(prefix(group), prefix(writer));
  }

  /** Those of these connections over which others of the group write. */
  Set<Long> ofOthers(Statement statement, Collection<Long> connections) throws SQLException {
    Set<Long> others = holding(statement, connections, group);
    others.removeAll(holding(statement, connections, writer));
    return others;
  }

  /** Those of these connections over which one of these processes writes. */
  static Set<Long> of(Collection<String> writers, Statement statement, Collection<Long> connections)
      throws SQLException {
    Set<Long> theirs = new HashSet<>();
    for (String writer : writers) {
      theirs.addAll(holding(statement, connections, writer));
    }
    return theirs;
  }

  private static Set<Long> holding(Statement statement, Collection<Long> connections, String whose)
      throws SQLException {
    Set<Long> holding = new HashSet<>();
    List<Long> ids = new ArrayList<>(connections);
    for (int from = 0; from < ids.size(); from += AT_ONCE) {
      List<Long> some = ids.subList(from, Math.min(ids.size(), from + AT_ONCE));
      Stream<String> locks =
          some.stream().map(id -> "IS_USED_LOCK('%s%d')".formatted(prefix(whose), id));
      try (ResultSet row =
          statement.executeQuery(locks.collect(Collectors.joining(", ", "SELECT ", "")))) {
        row.next();
        for (int i = 0; i < some.size(); i++) {
          if (row.getLong(i + 1) == some.get(i)) {
            holding.add(some.get(i));
          }
        }
      }
    }
    return holding;
  }

  /** With the longest id it has 64 characters, the most that a server takes. */
  private static String prefix(String whose) {
    return "sluice:" + whose + ":";
  }
}
