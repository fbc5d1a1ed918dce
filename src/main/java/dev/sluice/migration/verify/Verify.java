package dev.sluice.migration.verify;

import dev.sluice.api.ParityHour;
import dev.sluice.api.RepairResult;
import dev.sluice.api.VerifyStatus;
import dev.sluice.migration.RefusedException;
import java.time.Instant;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Compares both stores row by row while they are written to, records the result hour by hour, and
 * repairs differences. Thread-safe. This is what operators and guards see of it.
 */
public interface Verify {
  /** What to compare. */
  enum Scope {
    /** Hours that are unverified, dirty or mismatched, and those never compared. */
    NEEDED,
    /** Every hour. */
    ALL,
    /** MySQL against itself. */
    CONTROL_MYSQL,
    /** QuestDB against itself. */
    CONTROL_QUESTDB
  }

  /** The response to {@code GET /v1/verify}. */
  VerifyStatus status();

  /**
   * The parity map of a range of time, in order of time. Memory use is small, whatever the range:
   * hours are read some at a time.
   */
  Stream<ParityHour> hours(Instant from, Instant to);

  /** Why parity is not proven, and what to do about it; empty if it is. */
  Optional<String> objection();

  /**
   * Starts a run in the background; only the hours in scope are compared.
   *
   * @throws RefusedException while only one store is written, or a run or a repair is under way
   */
  void start(Scope scope) throws RefusedException;

  /**
   * Ends the run, keeping the hours it has done.
   *
   * @throws RefusedException if there is no run
   */
  void cancel() throws RefusedException;

  /**
   * Repairs or, without {@code execute}, reports what would be repaired. Blocks until done; after
   * an executed repair the hours it touched are compared again in the background. If MySQL is not
   * the truth, no store is written: the readings to send again are listed instead.
   *
   * @throws RefusedException while only one store is written or a run or repair is under way, or if
   *     a store cannot do it now; what was repaired by then remains
   */
  RepairResult repair(boolean execute) throws RefusedException;
}
