package dev.sluice.migration;

import dev.sluice.api.FlipResult;
import dev.sluice.files.AtomicFile;
import dev.sluice.journal.Mark;
import dev.sluice.migration.cutover.Cutover.Flip;
import dev.sluice.migration.cutover.CutoverConfig;
import dev.sluice.migration.cutover.GuardedCutover;
import dev.sluice.migration.cutover.Proofs;
import dev.sluice.migration.phase.Phase;
import dev.sluice.migration.phase.PhaseRecord;
import dev.sluice.migration.phase.PhaseStore;
import dev.sluice.migration.phase.Phases;
import dev.sluice.migration.phase.Role;
import dev.sluice.query.Reads;
import dev.sluice.query.ShadowCounts;
import dev.sluice.reading.Reading;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/** All that a change of phase meets, in memory but for its files; healthy and ready by default. */
public final class FakeWorld implements Stores, InstantSource {
  final Path data;
  public final List<Reading> journal = new CopyOnWriteArrayList<>();
  public final FakeStore mysql = new FakeStore("mysql", false, journal);
  public final FakeStore questDb = new FakeStore("questdb", true, journal);

  /** {@code join questdb}, {@code leave mysql}: what was done with the running process. */
  public final List<String> calls = new CopyOnWriteArrayList<>();

  public final Reads reads;

  public volatile Instant now = Instant.parse("2026-11-22T03:00:00.123Z");
  public volatile boolean bothOpen = true;
  public volatile Optional<String> schema = Optional.empty();
  public volatile Optional<String> mysqlSchema = Optional.empty();
  public volatile boolean backfilled = true;
  public volatile Optional<String> parity = Optional.empty();
  public volatile Optional<String> reverse = Optional.empty();
  public volatile Optional<String> tables = Optional.empty();
  public volatile Instant reverseSince = Instant.EPOCH;
  public volatile Duration visibleLag = Duration.ofMillis(20);
  public volatile Duration timeout = Duration.ofSeconds(10);
  public volatile long minFreeBytes = 1;
  public volatile boolean fsync;
  public volatile Runnable inJoin = () -> {};
  public volatile Runnable inLeave = () -> {};
  public volatile String joinFails = "";

  public final SuccessorInMemory successor = new SuccessorInMemory();

  /** Told how often the journal's end was asked for. */
  volatile IntConsumer atJournalEnd = n -> {};

  private final AtomicInteger journalEnds = new AtomicInteger();

  public FakeWorld(Path data, Phase phase) {
    this.data = data;
    this.reads = new Reads(phase.reads() == Role.NEXT ? questDb : mysql, Duration.ofSeconds(10));
  }

  /** A cutover on this world's directory, as after a start. */
  public GuardedCutover open(Phase initial) throws IOException {
    return open(initial, new AtomicFile());
  }

  public GuardedCutover open(Phase initial, AtomicFile writer) throws IOException {
    return open(initial, new PhaseStore(data, writer));
  }

  public GuardedCutover open(Phase initial, Phases phases) throws IOException {
    PhaseRecord kept = new PhaseStore(data).openWith(initial, now, false);
    return new GuardedCutover(
        config(),
        phases,
        kept,
        this,
        reads,
        new Proven(),
        () -> new ShadowCounts(0.5, 3, 1, 2),
        successor,
        this);
  }

  CutoverConfig config() {
    return new CutoverConfig(
        data.resolve("cutover"),
        data,
        Duration.ofSeconds(5),
        timeout,
        Duration.ofMinutes(15),
        Duration.ofMinutes(15),
        minFreeBytes,
        fsync,
        "sensor_data");
  }

  /** Makes the report and flips on it. */
  public static FlipResult go(GuardedCutover cutover, Phase to) throws RefusedException {
    return cutover.flip(flip(to, cutover.report(to).id()));
  }

  public static Flip flip(Phase to, String report) {
    return new Flip(to, report, "ann", "because", "sensor_data", "a1b2");
  }

  public PhaseRecord kept() throws IOException {
    return new PhaseStore(data).kept().orElseThrow();
  }

  /** What the world says is proven. */
  private final class Proven implements Proofs {
    @Override
    public boolean backfillComplete() {
      return backfilled;
    }

    @Override
    public Optional<String> parityObjection() {
      return parity;
    }

    @Override
    public Optional<String> parityObjectionSince(Instant since) {
      reverseSince = since;
      return reverse;
    }

    @Override
    public Optional<String> tablesObjection(Phase to) {
      return tables;
    }

    @Override
    public Duration visibleLag() {
      return visibleLag;
    }
  }

  @Override
  public Instant instant() {
    return now;
  }

  @Override
  public StoreNames names() {
    return new StoreNames("mysql", "questdb");
  }

  @Override
  public Optional<Pair> pair() {
    return Optional.empty();
  }

  @Override
  public Optional<Sides> sides() {
    return bothOpen ? Optional.of(new Sides(mysql, questDb)) : Optional.empty();
  }

  @Override
  public Mark journalEnd() {
    atJournalEnd.accept(journalEnds.incrementAndGet());
    return new CountMark(journal.size());
  }

  /**
   * From this call for the journal's end on, counted from now, QuestDB has and shows nothing more,
   * and one reading is missing.
   */
  public void lagAtJournalEnd(int call, Reading missing) {
    journalEnds.set(0);
    atJournalEnd =
        n -> {
          if (n == call) {
            questDb.settled = journal.size();
            questDb.applied = journal.size();
            questDb.prompt = false;
            journal.add(missing);
          }
        };
  }

  /** Takes a moment, so that no two canaries have the same ts. */
  @Override
  public Mark append(Reading reading) {
    journal.add(reading);
    Mark end = new CountMark(journal.size());
    now = now.plusMillis(1);
    return end;
  }

  @Override
  public void joinNext() throws IOException {
    if (!joinFails.isEmpty()) {
      throw new IOException(joinFails);
    }
    calls.add("join questdb");
    bothOpen = true;
    inJoin.run();
  }

  @Override
  public void leave(Role role) {
    inLeave.run();
    calls.add("leave " + names().of(role));
    bothOpen = false;
  }

  @Override
  public Optional<String> schemaProblem() {
    return schema;
  }

  @Override
  public Optional<String> schemaProblem(Role role) {
    return role == Role.LEGACY ? mysqlSchema : schema;
  }

  /** Waits on the thread of a test for what another thread does; bounded. */
  public static void pause(long millis) {
    try {
      TimeUnit.MILLISECONDS.sleep(millis);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
