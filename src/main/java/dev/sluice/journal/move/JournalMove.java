package dev.sluice.journal.move;

import dev.sluice.files.AtomicFile;
import dev.sluice.files.JsonFile;
import dev.sluice.journal.Journal;
import dev.sluice.journal.JournalConfig;
import dev.sluice.journal.Remains;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices that the settings name another journal than the one in use, and moves what is left.
 *
 * <p>{@code journal.json} names the journal in use. While a move is under way that is the old one,
 * and {@code journal-move.json} says how far it is. When all of it, and the cursors, are durably in
 * the new one, {@code journal.json} names that, and only then is the old one emptied. So a crash at
 * any point leaves one journal in use, and the next start goes on from there, also if the settings
 * name the old one again.
 *
 * <p>Whoever moves must be the only one that appends to either journal or reads from it. Used by
 * one thread at a time; any thread may ask for {@link #progress}.
 */
public final class JournalMove {
  private static final Logger LOG = LoggerFactory.getLogger(JournalMove.class);

  /** Comes to journals that are not in use any more. */
  public interface OldJournals {
    /** Opens the journal that is left. */
    Journal open(JournalPlace place) throws IOException;

    /**
     * Deletes the readings before a place in a journal that nobody needs any more, and these
     * cursors; it is not open.
     *
     * @param moved as {@link Remains#place} had it at the end; empty if nothing was moved
     */
    void discard(JournalPlace place, List<String> cursors, Optional<String> moved)
        throws IOException;
  }

  private final Path stateFile;
  private final JsonFile<JournalPlace> kept;
  private final JsonFile<MoveState> states;
  private volatile JournalPlace configured;
  private final List<String> cursors;
  private final OldJournals old;
  private volatile JournalPlace inUse;
  private Duration keepEvery = Duration.ofSeconds(2);

  /** What a process that was killed had sent to a cluster has arrived after that. */
  private Duration late = Duration.ofSeconds(2);

  private volatile @Nullable Move running;

  /**
   * Reads what is kept in the data directory, and empties a local journal that was moved, if that
   * was not done yet. The local journal must not be open.
   *
   * @param configured the journal that the settings name
   * @param local whether there is a journal on this disk: in use if nothing else is known
   * @param cursors names of all there may be
   * @throws IOException if the files cannot be used, or the settings name another topic
   */
  public JournalMove(
      Path dataDirectory,
      JournalPlace configured,
      boolean local,
      List<String> cursors,
      OldJournals old)
      throws IOException {
    this.stateFile = dataDirectory.resolve("journal-move.json");
    this.kept = JournalPlace.file(dataDirectory);
    this.states = new JsonFile<>(stateFile, new MoveState.Form());
    this.configured = configured;
    this.cursors = cursors;
    this.old = old;
    this.inUse = kept.read().orElse(local ? JournalPlace.LOCAL : configured);
    if (isNeeded()
        && inUse.kind() == JournalConfig.Kind.KAFKA
        && configured.kind() == JournalConfig.Kind.KAFKA) {
      throw new IOException(
          ("readings wait in %s, and the settings name %s: Sluice moves from a topic to the local"
                  + " journal and from there to a topic, not from one topic to another; set"
                  + " journal.kafka.topic back, or start once with journal.kind=local")
              .formatted(inUse, configured));
    }
    Optional<MoveState> done = states.read().filter(state -> state.to().isSameAs(inUse));
    if (done.isPresent() && done.get().from().kind() == JournalConfig.Kind.LOCAL) {
      discard(done.get());
    }
  }

  /**
   * The topic that the settings name is open, and has this id.
   *
   * @throws IOException if the journal in use is another topic of that name
   */
  public void opened(String topicId) throws IOException {
    JournalPlace opened = configured.withId(topicId);
    if (inUse.isNamesake(opened)) {
      throw new IOException(
          ("%s is another one than the topic of that name which is in use: its id is %s, and journal.json has %s, at %s."
                  + " What waits there would be left behind. Set journal.kafka.servers back to that cluster; to move to"
                  + " another, start once with journal.kind=local; if the old topic is gone for good, and what"
                  + " it held with it, delete journal.json from data.dir")
              .formatted(
                  opened,
                  topicId,
                  inUse.topic().flatMap(JournalPlace.Topic::id).orElse(""),
                  String.join(
                      ",", inUse.topic().map(JournalPlace.Topic::servers).orElse(List.of()))));
    }
    configured = opened;
  }

  /** Whether {@link #run} has something to do before anything else uses the journal. */
  public boolean isNeeded() {
    return !inUse.isSameAs(configured);
  }

  /** The journal in use: what is left of it is to be moved, if it is not the settings' one. */
  public JournalPlace inUse() {
    return inUse;
  }

  /** How far the move is, for people; empty while none is under way. */
  public Optional<String> progress() {
    return Optional.ofNullable(running).map(Move::progress);
  }

  /**
   * Goes on with the settings' journal without moving anything, if nothing is left in the one in
   * use.
   *
   * @param stores names of the cursors that must lose nothing
   * @param why nothing can be moved, and what to do
   * @throws IOException with that reason, if something is left
   */
  public void requireNothingLeft(List<String> stores, String why) throws IOException {
    if (!isNeeded()) {
      return;
    }
    try (Journal from = old.open(inUse)) {
      requireNothingLeft(from, stores, why);
    }
    use(configured);
  }

  private void requireNothingLeft(Journal from, List<String> stores, String why)
      throws IOException {
    try (Remains left = from.remains(stores, List.of())) {
      if (!left.isOver()) {
        throw new IOException(
            "%s holds readings that stores have not got yet, and they cannot be moved to %s: %s"
                .formatted(inUse, configured, why));
      }
    }
  }

  /**
   * Moves what is left, if there is something to move; then the settings' journal is the one in
   * use.
   *
   * @param to the journal that the settings name; nobody else uses it yet
   * @param stores names of the cursors that must lose nothing
   * @param readers names of cursors of others
   * @param stopping whether to break off
   * @throws IOException if it cannot be moved now: what was in use still is
   */
  public void run(Journal to, List<String> stores, List<String> readers, BooleanSupplier stopping)
      throws IOException {
    if (!isNeeded()) {
      return;
    }
    MoveState state;
    try (Journal from = old.open(inUse)) {
      finishEarlier();
      Optional<MoveState> begun = begun();
      if (begun.isPresent()
          && (begun.get().to().isNamesake(configured) || isGone(to, begun.get()))) {
        LOG.warn(
            "{} no longer holds what was moved to it: it is moved from the start again",
            configured);
        begun = Optional.of(MoveState.begin(inUse, configured));
        states.write(begun.get());
      }
      if (begun.isEmpty() && isInUse(to, stores)) {
        requireNothingLeft(
            from,
            stores,
            "it holds such readings too, and whatever came later must come later. Set journal.kind"
                + " back, let one of them run empty, and start again");
        use(configured);
        return;
      }
      state = begun.orElse(MoveState.begin(inUse, configured));
      if (begun.isEmpty()) {
        states.write(state);
      } else if (configured.kind() == JournalConfig.Kind.KAFKA) {
        awaitLate();
      }
      try (Remains remains = from.remains(stores, readers)) {
        state = move(remains, to, state, stopping);
      }
    }
    use(configured);
    discard(state);
  }

  /** What an earlier move left of the topic that is to be filled again. */
  private void finishEarlier() throws IOException {
    Optional<MoveState> done =
        states
            .read()
            .filter(state -> state.to().isSameAs(inUse) && state.from().isSameAs(configured));
    if (done.isPresent()) {
      discard(done.get());
    }
  }

  private Optional<MoveState> begun() throws IOException {
    return states
        .read()
        .filter(state -> state.from().isSameAs(inUse) && state.to().isSameAs(configured));
  }

  private MoveState move(Remains remains, Journal to, MoveState state, BooleanSupplier stopping)
      throws IOException {
    LOG.info(
        "Moving the journal from {} to {}: about {} readings are left",
        inUse,
        configured,
        remains.left());
    long begin = System.nanoTime();
    Move move = new Move(remains, to, state, states::write, stopping, keepEvery);
    running = move;
    try {
      long moved = move.run();
      LOG.info(
          "Moved {} readings from {} to {} in {} ms",
          moved,
          inUse,
          configured,
          Duration.ofNanos(System.nanoTime() - begin).toMillis());
      return move.state();
    } finally {
      running = null;
    }
  }

  /** Whether it ends before what was moved does: it was deleted since, and is another one. */
  private static boolean isGone(Journal to, MoveState state) {
    return state.end().isPresent() && !to.mark(state.end().get()).reachedBy(to.end());
  }

  /** Whether it holds something that a store has not passed, and that no earlier move put there. */
  private static boolean isInUse(Journal to, List<String> stores) throws IOException {
    try (Remains there = to.remains(stores, List.of())) {
      return !there.isOver();
    }
  }

  /**
   * The settings' journal is the one in use, and about to take readings in: what was moved out of
   * it, by a move that was broken off, would have to be moved again.
   */
  public void settle() throws IOException {
    if (isNeeded()) {
      throw new AssertionError(inUse + " is still in use, not " + configured);
    }
    Optional<MoveState> state = states.read();
    if (state.isPresent() && state.get().from().isSameAs(inUse)) {
      if (state.get().place().isPresent()) {
        LOG.info(
            "{} stays in use: what was moved to {} will be moved again", inUse, state.get().to());
        states.write(MoveState.begin(inUse, state.get().to()));
      }
    } else if (state.isPresent() && state.get().from().kind() == JournalConfig.Kind.KAFKA) {
      LOG.warn(
          "{} still holds readings that were moved to {}; nobody needs them: delete the topic, or"
              + " leave it, and a move back empties it first",
          state.get().from(),
          inUse);
    }
    use(configured);
  }

  /** From here on nothing counts that the other one holds. */
  private void use(JournalPlace place) throws IOException {
    if (!kept.read().equals(Optional.of(place))) {
      kept.write(place);
    }
    inUse = place;
  }

  /** What cannot be deleted now is deleted later, unless it is in the way. */
  private void discard(MoveState done) throws IOException {
    try {
      old.discard(done.from(), cursors, done.place());
      Files.deleteIfExists(stateFile);
      AtomicFile.syncDirectory(stateFile);
    } catch (IOException e) {
      if (done.from().isSameAs(configured)) {
        throw e;
      }
      LOG.warn("{} is no longer needed, but not emptied", done.from(), e);
    }
  }

  /** For a test that breaks it off often, and kills nobody. */
  void keepEvery(Duration interval) {
    keepEvery = interval;
    late = Duration.ZERO;
  }

  private void awaitLate() throws IOException {
    try {
      Thread.sleep(late);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }
}
