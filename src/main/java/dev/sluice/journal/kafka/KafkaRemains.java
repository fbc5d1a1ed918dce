package dev.sluice.journal.kafka;

import dev.sluice.journal.Progress;
import dev.sluice.journal.ReadResult;
import dev.sluice.journal.Remains;
import dev.sluice.reading.ReadingBatch;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What is left in a topic: of each partition everything from the least cursor on, records of all of
 * them in the order of their appends as far as {@link KafkaFeed} can tell.
 */
final class KafkaRemains implements Remains {
  /** Of the group it reads as, which need not keep anything. */
  static final String NAME = "move";

  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private final KafkaJournal journal;
  private final Cursors cursors;
  private final Consumer<byte[], byte[]> consumer;
  private final Map<String, Kept[]> kept;
  private final Map<String, Progress> sinks = new LinkedHashMap<>();

  /** Offset behind the last record of each partition, when it was last looked at. */
  private long[] ends;

  /** Where reading begins. */
  private Kept[] begin;

  /** Null until something is read. */
  private @Nullable KafkaFeed feed;

  /** Readings, and lost ones, that the last read gave. */
  private int given;

  private volatile long left;

  KafkaRemains(
      KafkaJournal journal,
      Cursors cursors,
      Consumer<byte[], byte[]> consumer,
      Watch.Look look,
      Map<String, Kept[]> kept) {
    this.journal = journal;
    this.cursors = cursors;
    this.consumer = consumer;
    this.kept = kept;
    this.ends = look.ends();
    kept.forEach((name, places) -> sinks.put(name, new KafkaCursor(name, true, places).progress()));
    this.begin = new Kept[ends.length];
    for (int p = 0; p < begin.length; p++) {
      begin[p] = least(p, look.begins()[p]);
    }
    this.left = recordsFromBegin();
  }

  private long recordsFromBegin() {
    long records = 0;
    for (int p = 0; p < begin.length; p++) {
      records += Math.max(0, ends[p] - begin[p].place());
    }
    return records;
  }

  /**
   * Where all may begin. What a sink skips may reach into records behind its place, and nobody
   * knows how far before they are read: unless all are at the same reading, it begins with a
   * record.
   */
  private Kept least(int partition, long oldest) {
    Kept least = null;
    boolean same = true;
    for (Kept[] places : kept.values()) {
      Kept there = places[partition];
      same &= least == null || (there.place() == least.place() && there.skip() == least.skip());
      if (least == null || there.place() < least.place()) {
        least = there;
      }
    }
    return least == null
        ? Kept.beginningAt(oldest)
        : new Kept(least.place(), same ? least.skip() : 0, 0, 0, 0, 0);
  }

  @Override
  public Map<String, Progress> sinks() {
    return sinks;
  }

  @Override
  public long left() {
    return left;
  }

  /** Looks again before it says so: somebody nobody knows of may have appended meanwhile. */
  @Override
  public boolean isOver() throws IOException {
    Kept[] now = places();
    if (isBefore(now, ends)) {
      return false;
    }
    ends = journal.ends();
    return !isBefore(now, ends);
  }

  private static boolean isBefore(Kept[] places, long[] ends) {
    for (int p = 0; p < places.length; p++) {
      if (places[p].place() < ends[p]) {
        return true;
      }
    }
    return false;
  }

  @Override
  public ReadResult read(ReadingBatch batch) throws IOException {
    KafkaFeed from = feed;
    if (from == null) {
      consumer.assign(cursors.partitions());
      from = new KafkaFeed(journal, cursors, new KafkaCursor(NAME, true, begin), consumer);
      feed = from;
    }
    await(from);
    ReadResult result = from.readFrame(batch);
    given =
        switch (result) {
          case ReadResult.Empty() -> 0;
          case ReadResult.Filled(long unused) -> batch.size();
          case ReadResult.Lost(long first, long behind) -> Math.toIntExact(behind - first);
        };
    kept.values().forEach(from::carry);
    left = Math.max(0, from.end() - from.offset());
    return result;
  }

  private static void await(KafkaFeed feed) throws IOException {
    try {
      feed.await(1, PATIENCE, () -> false);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  @Override
  public int passed(String sink) {
    Kept[] places = kept.get(sink);
    KafkaFeed from = feed;
    return places == null || from == null ? 0 : from.passed(places, given);
  }

  /** {@code offset:skip} of each partition, in their order. */
  @Override
  public String place() {
    StringBuilder text = new StringBuilder();
    for (Kept there : places()) {
      text.append(text.isEmpty() ? "" : " ").append(there.place()).append(':').append(there.skip());
    }
    return text.toString();
  }

  private Kept[] places() {
    return feed == null ? begin : feed.settled();
  }

  @Override
  public void goTo(String place) {
    begin = places(place, begin.length);
    left = recordsFromBegin();
  }

  /** What {@link #place} has named. */
  static Kept[] places(String place, int partitions) {
    String[] words = place.split(" ", -1);
    if (words.length != partitions) {
      throw new IllegalArgumentException(
          "a place in %d partitions, where there are %d".formatted(words.length, partitions));
    }
    Kept[] there = new Kept[words.length];
    for (int p = 0; p < there.length; p++) {
      int colon = words[p].indexOf(':');
      there[p] =
          new Kept(
              Long.parseLong(words[p].substring(0, colon)),
              Long.parseLong(words[p].substring(colon + 1)),
              0,
              0,
              0,
              0);
    }
    return there;
  }

  @Override
  public void close() {
    if (feed == null) {
      consumer.close(Clients.CLOSING);
    } else {
      feed.close();
    }
  }
}
