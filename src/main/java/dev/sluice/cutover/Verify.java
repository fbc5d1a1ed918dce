package dev.sluice.cutover;

import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import java.util.Optional;

/** Skeleton. */
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

  /** The parity map: one object an hour, in order of time. */
  JsonArray map();

  /** Why parity is not proven; empty when it is. */
  Optional<String> objection();

  void start(Scope scope) throws RefusedException;

  void cancel() throws RefusedException;

  /** What was, or without {@code execute} would be, repaired. */
  JsonObject repair(boolean execute) throws RefusedException;
}
