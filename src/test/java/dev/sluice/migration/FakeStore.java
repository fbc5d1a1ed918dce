package dev.sluice.migration;

import dev.sluice.delivery.DeliveryStatus;
import dev.sluice.journal.Mark;
import dev.sluice.reading.Identity;
import dev.sluice.reading.Reading;
import dev.sluice.store.MirrorStore;
import dev.sluice.store.ReadingQuery;
import dev.sluice.store.ReadingSource;
import dev.sluice.store.WalStatus;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;

/**
 * A store, with its delivery, in memory: it has the first {@code settled} readings of the journal
 * and shows the first {@code applied}. Healthy and up to date unless a test says otherwise.
 */
public final class FakeStore implements Side, ReadingSource, MirrorStore {
  private final String name;
  private final boolean logged;
  private final List<Reading> journal;

  /** Has and shows everything at once; if not, the test moves the offsets. */
  public volatile boolean prompt = true;

  /** Has everything, whatever {@code settled} says, and shows no more than {@code applied}. */
  public volatile boolean settlesOnly;

  public volatile int settled;
  public volatile int applied;
  public volatile long origin;
  public volatile DeliveryStatus.State state = DeliveryStatus.State.RUNNING;
  public volatile double lagSeconds;
  public volatile long deadLetters;
  public volatile long lost;
  public volatile long residue;
  public volatile boolean syncs = true;
  public volatile String unavailable = "";
  public volatile UnaryOperator<Reading> shows = reading -> reading;
  public volatile boolean takesCorrections = true;
  public volatile Runnable beforeRead = () -> {};

  /** How many more times the table is told to be suspended. */
  public volatile int suspensions;

  FakeStore(String name, boolean logged, List<Reading> journal) {
    this.name = name;
    this.logged = logged;
    this.journal = journal;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public long origin() {
    return origin;
  }

  @Override
  public DeliveryStatus status() {
    return new DeliveryStatus(
        state,
        settled(),
        journal.size() - settled(),
        lagSeconds,
        settled(),
        deadLetters,
        lost,
        "",
        residue);
  }

  @Override
  public boolean awaitReached(Mark mark, Duration timeout) throws InterruptedException {
    int count = ((CountMark) mark).count();
    long deadline = System.nanoTime() + timeout.toNanos();
    while (settled() < count && System.nanoTime() - deadline < 0) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      LockSupport.parkNanos(200_000);
    }
    return settled() >= count;
  }

  @Override
  public ReadingSource source() {
    return this;
  }

  @Override
  public Optional<MirrorStore> log() {
    return logged ? Optional.of(this) : Optional.empty();
  }

  @Override
  public WalStatus walStatus() throws UnavailableException {
    if (!unavailable.isEmpty()) {
      throw new UnavailableException(unavailable, null);
    }
    boolean suspended = suspensions > 0;
    suspensions = Math.max(0, suspensions - 1);
    return new WalStatus(suspended, suspended ? "no space" : "", settled(), applied());
  }

  @Override
  public boolean syncsCommits() {
    return syncs;
  }

  @Override
  public LongStream days() {
    return LongStream.empty();
  }

  @Override
  public boolean removes() {
    return false;
  }

  @Override
  public void remove(Collection<Identity> identities) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void read(ReadingQuery query, Consumer<Reading> each) throws UnavailableException {
    beforeRead.run();
    if (!unavailable.isEmpty()) {
      throw new UnavailableException(unavailable, null);
    }
    int visible = logged ? applied() : settled();
    Reading found = null;
    for (int i = 0; i < visible; i++) {
      Reading reading = journal.get(i);
      if (reading.device().equals(query.device())
          && query.metric().map(reading.metric()::equals).orElse(true)
          && reading.tsMicros() >= query.fromMicros()
          && reading.tsMicros() < query.toMicros()
          && (found == null || takesCorrections)) {
        found = reading;
      }
    }
    if (found != null) {
      each.accept(shows.apply(found));
    }
  }

  private int settled() {
    return prompt || settlesOnly ? journal.size() : settled;
  }

  private int applied() {
    return prompt ? journal.size() : applied;
  }
}
