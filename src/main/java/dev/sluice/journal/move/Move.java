package dev.sluice.journal.move;

import dev.sluice.journal.AppendResult;
import dev.sluice.journal.Journal;
import dev.sluice.journal.Progress;
import dev.sluice.journal.ReadResult;
import dev.sluice.journal.Remains;
import dev.sluice.journal.move.MoveState.MovedSink;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.reading.ReadingBuffer;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies what is left in a journal into the one that takes its place, in order, and puts each
 * sink's cursor where it was: before the first reading that the sink has not passed.
 *
 * <p>Where the old journal has parts that sinks pass at different speed, some readings behind that
 * place are ones the sink has passed already. It gets them again, and everything of the same
 * devices that came after them, so what its store ends with is the same; its count of delivered
 * readings is less by them until then. A crash repeats what came after the last kept state, in
 * order, which is harmless for the same reason, and counted the same way.
 *
 * <p>Confined to one thread, except for {@link #progress}.
 */
final class Move {
  private static final Logger LOG = LoggerFactory.getLogger(Move.class);
  private static final long TELL_NANOS = Duration.ofSeconds(5).toNanos();
  private static final long FULL_PAUSE_MILLIS = 500;
  private static final int BUFFER_BYTES = 64 << 20;

  /** Keeps how far it is. */
  interface Keeper {
    void keep(MoveState state) throws IOException;
  }

  private final Remains from;
  private final Journal to;
  private final Keeper keeper;
  private final BooleanSupplier stopping;
  private final long keepNanos;
  private final ReadingBatch batch = new ReadingBatch();
  private final ReadingBuffer buffer = new ReadingBuffer(1 << 20, BUFFER_BYTES);
  private final Map<String, MovedSink> sinks = new LinkedHashMap<>();
  private MoveState state;
  private long moved;
  private long keptNanos = System.nanoTime();
  private long toldNanos = System.nanoTime();
  private volatile String waiting = "";

  /**
   * @param begun how far it was when it was broken off; its first state if it was not
   * @param stopping whether to break off
   * @param keepEvery how long what is moved need not be kept
   */
  Move(
      Remains from,
      Journal to,
      MoveState begun,
      Keeper keeper,
      BooleanSupplier stopping,
      Duration keepEvery) {
    this.from = from;
    this.to = to;
    this.state = begun;
    this.keeper = keeper;
    this.stopping = stopping;
    this.keepNanos = keepEvery.toNanos();
    begun.place().ifPresent(from::goTo);
    from.sinks()
        .keySet()
        .forEach(name -> sinks.put(name, begun.sinks().getOrDefault(name, MovedSink.NOT_YET)));
  }

  /**
   * Moves everything; what it has moved, and the cursors, are durable when it returns.
   *
   * @return how many readings were moved by this call
   * @throws IOException if it cannot go on: begun again, it goes on where it was
   */
  long run() throws IOException {
    countRepeated();
    while (!from.isOver()) {
      ReadResult result = from.read(batch);
      switch (result) {
        case ReadResult.Empty() -> requireGoOn();
        case ReadResult.Lost(long first, long behind) -> passOver(behind - first);
        case ReadResult.Filled(long unused) -> append();
      }
      if (System.nanoTime() - keptNanos > keepNanos) {
        keep();
      }
      tell();
    }
    placeIfPassed(Integer.MAX_VALUE);
    keep();
    for (Map.Entry<String, Progress> sink : from.sinks().entrySet()) {
      MovedSink there = Objects.requireNonNull(sinks.get(sink.getKey()));
      to.adopt(sink.getKey(), carried(sink.getValue(), there), to.mark(there.at().orElseThrow()));
    }
    return moved;
  }

  /** What was appended after the last kept state is appended again: placed sinks get it twice. */
  private void countRepeated() throws IOException {
    if (state.end().isPresent()) {
      long repeated = to.readingsBehind(to.mark(state.end().get()));
      sinks.replaceAll((name, sink) -> sink.at().isEmpty() ? sink : sink.plusAgain(repeated));
    }
  }

  /** What was kept last. */
  MoveState state() {
    return state;
  }

  /** How far it is, for people. */
  String progress() {
    String why = waiting;
    return from.left() + " readings are left to move" + (why.isEmpty() ? "" : "; it waits: " + why);
  }

  /** The counts of a sink that will get some readings again, and never gets lost ones. */
  private static Progress carried(Progress before, MovedSink sink) {
    long delivered = before.delivered() - Math.min(sink.again(), before.delivered());
    long lost = before.lost() + sink.lost();
    return new Progress(
        before.origin(),
        before.origin() + delivered + before.deadLettered() + lost,
        delivered,
        before.deadLettered(),
        lost);
  }

  private void passOver(long readings) {
    LOG.error("{} readings that were left in the old journal can no longer be read", readings);
    placeIfPassed((int) Math.min(Integer.MAX_VALUE, readings - 1));
    sinks.replaceAll((name, sink) -> sink.plusLost(readings - from.passed(name)));
  }

  /** Appends the batch, in parts where a sink has come to the middle of it. */
  private void append() throws IOException {
    sinks.replaceAll(
        (name, sink) -> sink.at().isEmpty() ? sink : sink.plusAgain(from.passed(name)));
    int appended = 0;
    while (appended < batch.size()) {
      int cut = batch.size();
      for (Map.Entry<String, MovedSink> sink : sinks.entrySet()) {
        if (sink.getValue().at().isEmpty()) {
          cut = Math.min(cut, from.passed(sink.getKey()));
        }
      }
      append(appended, cut);
      appended = cut;
      if (cut < batch.size()) {
        placeIfPassed(cut);
      }
    }
    moved += batch.size();
  }

  /** Sinks that have passed no more than this of what was read last begin here. */
  private void placeIfPassed(int most) {
    String here = to.end().toString();
    sinks.replaceAll((name, sink) ->
        sink.at().isEmpty() && from.passed(name) <= most ? sink.placedAt(here) : sink);
  }

  /** Appends readings [first, end) of the batch, however long there is no room for them. */
  private void append(int first, int end) throws IOException {
    if (first == end) {
      return;
    }
    buffer.clear();
    for (int i = first; i < end; i++) {
      if (!buffer.add(
          batch.bytes(),
          batch.deviceAt(i),
          batch.deviceLength(i),
          batch.bytes(),
          batch.metricAt(i),
          batch.metricLength(i),
          batch.tsMicros(i),
          batch.value(i))) {
        throw new AssertionError(batch.size() + " readings have more than " + BUFFER_BYTES);
      }
    }
    while (true) {
      requireGoOn(); // right before: behind what a next leader appends, these would be older values
      switch (to.append(buffer)) {
        case AppendResult.Accepted accepted -> {
          waiting = "";
          return;
        }
        case AppendResult.Full(String reason) -> {
          waiting = reason;
          pause();
        }
        case AppendResult.Closed(String reason) ->
            throw new IOException("the new journal takes no readings any more: " + reason);
      }
    }
  }

  private void pause() throws IOException {
    tell();
    try {
      Thread.sleep(FULL_PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private void requireGoOn() throws IOException {
    if (stopping.getAsBoolean()) {
      throw new IOException(
          "stopped with %d readings left to move; it goes on at the next start"
              .formatted(from.left()));
    }
  }

  private void keep() throws IOException {
    to.sync();
    state = state.at(from.place(), to.end().toString(), sinks);
    keeper.keep(state);
    keptNanos = System.nanoTime();
  }

  private void tell() {
    if (System.nanoTime() - toldNanos > TELL_NANOS) {
      LOG.info("Moving the journal from {} to {}: {}", state.from(), state.to(), progress());
      toldNanos = System.nanoTime();
    }
  }
}
