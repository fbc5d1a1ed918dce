package dev.sluice.store.questdb;

import dev.sluice.reading.Identity;
import dev.sluice.reading.Reading;
import dev.sluice.store.ReadingScan;
import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.store.ReadingStream;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Reads the whole of QuestDB's table, embedded or remote, in storage order. Sees what has been
 * applied. Thread-safe.
 *
 * <p>A scan of the embedded engine is a snapshot of each day; one of a remote server is not a
 * snapshot. If the table is dropped or recreated during a scan, the scan fails with {@link
 * UnavailableException} rather than ending as if complete.
 */
public final class QuestDbScan implements ReadingScan {
  /** Few enough for the query to fit into a URL, and for all the days involved to be mapped. */
  private static final int INSTANTS_AT_ONCE = 50;

  private final Rows rows;

  public QuestDbScan(Rows rows) {
    this.rows = rows;
  }

  @Override
  public String name() {
    return "questdb";
  }

  @Override
  public ReadingStream scan(long fromMicros, long toMicros) throws UnavailableException {
    return rows.between(Math.max(0, fromMicros), Math.min(toMicros, Reading.MAX_TS_MICROS + 1));
  }

  @Override
  public OptionalLong firstFrom(long micros) throws UnavailableException {
    try (ReadingStream stream = scan(micros, Long.MAX_VALUE)) {
      return stream.next() ? OptionalLong.of(stream.tsMicros()) : OptionalLong.empty();
    }
  }

  @Override
  public List<Reading> find(Collection<Identity> identities) throws UnavailableException {
    Set<Identity> wanted = new HashSet<>(identities);
    List<Long> instants =
        wanted.stream()
            .map(Identity::tsMicros)
            .filter(ts -> ts >= 0 && ts <= Reading.MAX_TS_MICROS)
            .distinct()
            .sorted()
            .toList();
    List<Reading> found = new ArrayList<>();
    for (int from = 0; from < instants.size(); from += INSTANTS_AT_ONCE) {
      find(
          instants.subList(from, Math.min(instants.size(), from + INSTANTS_AT_ONCE)),
          wanted,
          found);
    }
    return found;
  }

  private void find(List<Long> instants, Set<Identity> wanted, List<Reading> found)
      throws UnavailableException {
    String list = instants.stream().map(QuestDbTable::instant).collect(Collectors.joining(", "));
    try (ReadingStream stream = rows.where("ts IN (" + list + ")")) {
      while (stream.next()) {
        Identity identity = new Identity(stream.device(), stream.metric(), stream.tsMicros());
        if (wanted.contains(identity)) {
          found.add(
              new Reading(
                  identity.device(), identity.metric(), identity.tsMicros(), stream.value()));
        }
      }
    }
  }

  /** Where the rows come from. */
  public interface Rows {
    /** Rows with {@code from <= ts < to}, in order of ts. */
    ReadingStream between(long from, long to) throws UnavailableException;

    /** The rows that a condition on ts selects, in order of ts; meant for few rows. */
    ReadingStream where(String condition) throws UnavailableException;
  }
}
