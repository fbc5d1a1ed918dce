package dev.sluice.store;

import dev.sluice.reading.Identity;
import dev.sluice.reading.Reading;
import dev.sluice.store.ReadingSource.UnavailableException;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;

/**
 * Reads a whole store in order of time, for comparing and copying. Thread-safe. Sees only what
 * counts as a reading: no superseded rows, none without a value, none that breaks the rules of
 * {@link Reading}.
 */
public interface ReadingScan {
  /** {@code mysql} or {@code questdb}. */
  String name();

  /**
   * Streams readings with {@code fromMicros <= ts < toMicros} in order of ts; those with the same
   * ts come in no particular order. Memory does not grow with the range.
   */
  ReadingStream scan(long fromMicros, long toMicros) throws UnavailableException;

  /** How many streams to read side by side if the whole range is wanted soon. */
  default int lanes() {
    return 1;
  }

  /** The ts of the first reading at or after {@code micros}; empty when there is none. Cheap. */
  default OptionalLong firstFrom(long micros) throws UnavailableException {
    try (ReadingStream stream = scan(micros, Long.MAX_VALUE)) {
      return stream.next() ? OptionalLong.of(stream.tsMicros()) : OptionalLong.empty();
    }
  }

  /** The readings that exist for these identities, in no particular order. */
  List<Reading> find(Collection<Identity> identities) throws UnavailableException;
}
