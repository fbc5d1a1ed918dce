package dev.sluice.migration.verify;

import dev.sluice.migration.RefusedException;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.io.Writer;
import java.time.Instant;
import java.util.Optional;

/**
 * Compares both stores row by row while they are written to, keeps by the hour what is known, and
 * repairs differences. Thread-safe: what operators and guards see of it.
 */
public interface Verify {
  /** What to compare. */
  enum Scope {
    /** Hours that are unverified, dirty or mismatched, and those nobody has looked at. */
    NEEDED,
    /** Every hour. */
    ALL,
    /** MySQL against itself. */
    CONTROL_MYSQL,
    /** QuestDB against itself. */
    CONTROL_QUESTDB
  }

  /** What {@code GET /v1/verify} answers. */
  JsonObject json();

  /**
   * Writes the parity map of a range of time: one JSON object an hour, in order of time, with
   * commas between. Little is held in memory, whatever the range.
   */
  void writeMap(Instant from, Instant to, Writer out) throws IOException;

  /** Why parity is not proven, and what to do about it; empty when it is. */
  Optional<String> objection();

  /**
   * Begins a run in the background; only hours that the scope asks for are compared.
   *
   * @throws RefusedException while only one store is written, or a run or a repair is under way
   */
  void start(Scope scope) throws RefusedException;

  /**
   * Ends the run, leaving the hours it has done.
   *
   * @throws RefusedException when there is no run
   */
  void cancel() throws RefusedException;

  /**
   * What was, or without {@code execute} would be, repaired. Blocks until done; after an executed
   * repair the hours it touched are compared again in the background.
   *
   * @throws RefusedException unless MySQL is the truth and no run or repair is under way, or when a
   *     store cannot do it now; what was repaired until then stays
   */
  JsonObject repair(boolean execute) throws RefusedException;
}
