package dev.sluice.journal.disk;

import dev.sluice.journal.Progress;
import dev.sluice.journal.ReadResult;
import dev.sluice.journal.Remains;
import dev.sluice.reading.ReadingBatch;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What is left in a directory: everything from the least cursor on, in one order. */
final class DiskRemains implements Remains {
  private static final int MOST_READINGS = 20_000;

  private final JournalReader reader;
  private final long end;
  private final Map<String, Progress> sinks = new LinkedHashMap<>();

  /** Each sink's offset in the journal. */
  private final Map<String, Long> places = new LinkedHashMap<>();

  /** What was read last: offsets [from, position). */
  private long from;

  private volatile long position;

  /**
   * @param names of sinks that must lose nothing
   * @param cursors those of them that have one
   * @param readers cursors of others
   * @param oldest offset of the oldest reading kept
   */
  DiskRemains(
      DiskJournal journal,
      List<String> names,
      Map<String, CursorFile> cursors,
      Map<String, CursorFile> readers,
      long oldest) {
    this.end = journal.nextOffset();
    for (String name : names) {
      CursorFile cursor = cursors.get(name);
      sinks.put(name, cursor == null ? Progress.at(oldest) : cursor.state());
      places.put(name, cursor == null ? oldest : cursor.place());
    }
    readers.forEach((name, cursor) -> {
      sinks.put(name, cursor.state());
      places.put(name, Math.max(oldest, cursor.place()));
    });
    this.position = places.values().stream().mapToLong(Long::longValue).min().orElse(oldest);
    this.reader = journal.reader(position);
  }

  @Override
  public Map<String, Progress> sinks() {
    return sinks;
  }

  @Override
  public long left() {
    return end - position;
  }

  @Override
  public boolean isOver() {
    return position >= end;
  }

  /** Reads no further at once than to the next sink's place. */
  @Override
  public ReadResult read(ReadingBatch batch) throws IOException {
    from = position;
    long limit = MOST_READINGS;
    for (long place : places.values()) {
      limit = place > from ? Math.min(limit, place - from) : limit;
    }
    ReadResult result = reader.read(batch, (int) limit);
    position = reader.position();
    return result;
  }

  @Override
  public int passed(String sink) {
    long place = places.getOrDefault(sink, 0L);
    return (int) Math.min(Integer.MAX_VALUE, Math.clamp(place - from, 0L, position - from));
  }

  @Override
  public String place() {
    return Long.toString(position);
  }

  @Override
  public void goTo(String place) {
    position = Long.parseLong(place);
    reader.seek(position);
  }

  @Override
  public void close() {
    reader.close();
  }
}
