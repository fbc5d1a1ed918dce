package dev.sluice.migration.cutover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.files.AtomicFile;
import dev.sluice.files.AtomicFile.Step;
import dev.sluice.migration.FakeWorld;
import dev.sluice.migration.RefusedException;
import dev.sluice.migration.phase.Phase;
import dev.sluice.migration.phase.PhaseRecord;
import dev.sluice.migration.phase.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A change that ends at any of its steps: by a crash, or by a disk that fails. */
class CrashTest {
  @TempDir Path data;

  /** The process ends here: nothing behind it in the program is of any meaning. */
  private static final class Killed extends Error {
    private static final long serialVersionUID = 1;
  }

  @ParameterizedTest
  @CsvSource({
    "JOIN, WRITTEN, false", "JOIN, RENAMED, true", "JOIN, SYNCED, true",
    "LEAVE, WRITTEN, false", "LEAVE, RENAMED, true", "LEAVE, SYNCED, true",
    "CUT_OVER, WRITTEN, false", "CUT_OVER, RENAMED, true", "CUT_OVER, SYNCED, true",
    "ROLL_BACK, WRITTEN, false", "ROLL_BACK, RENAMED, true", "ROLL_BACK, SYNCED, true",
    "RETIRE, WRITTEN, false", "RETIRE, RENAMED, true", "RETIRE, SYNCED, true"
  })
  void aKillAtAnyStepOfTheRecordLeavesExactlyOnePhase(Transition change, Step at, boolean changed)
      throws Exception {
    FakeWorld world = new FakeWorld(data, change.from());
    GuardedCutover cutover = world.open(change.from(), dyingAfter(at));

    assertThatThrownBy(() -> FakeWorld.go(cutover, change.to())).isInstanceOf(Killed.class);

    PhaseRecord kept = world.kept();
    assertThat(kept.phase()).isEqualTo(changed ? change.to() : change.from());
    assertThat(kept.epoch()).isEqualTo(changed ? 2 : 1);
    // A store is joined before the record and left behind it: what the phase needs is there.
    assertThat(world.calls)
        .isEqualTo(change == Transition.JOIN ? List.of("join questdb") : List.of());
    assertThat(world.open(Phase.MYSQL).phase()).isEqualTo(kept);
  }

  @Test
  void aKillWhileJoiningLeavesTheOldPhase() throws Exception {
    FakeWorld world = new FakeWorld(data, Phase.MYSQL);
    GuardedCutover cutover = world.open(Phase.MYSQL);
    world.inJoin =
        () -> {
          throw new Killed();
        };

    assertThatThrownBy(() -> FakeWorld.go(cutover, Phase.MIRROR)).isInstanceOf(Killed.class);

    assertThat(world.kept().phase()).isEqualTo(Phase.MYSQL);
  }

  @Test
  void aKillWhileLeavingLeavesTheNewPhase() throws Exception {
    FakeWorld world = new FakeWorld(data, Phase.QUESTDB);
    GuardedCutover cutover = world.open(Phase.QUESTDB);
    world.inLeave =
        () -> {
          throw new Killed();
        };

    assertThatThrownBy(() -> FakeWorld.go(cutover, Phase.RETIRED)).isInstanceOf(Killed.class);

    assertThat(world.kept().phase()).isEqualTo(Phase.RETIRED);
  }

  @ParameterizedTest
  @EnumSource(Transition.class)
  void aFailedWriteOfTheRecordPutsEverythingBack(Transition change) throws Exception {
    FakeWorld world = new FakeWorld(data, change.from());
    GuardedCutover cutover = world.open(change.from());
    String report = cutover.report(change.to()).id();
    Path inTheWay = Files.createDirectory(data.resolve("phase.json.next"));

    assertThatThrownBy(() -> cutover.flip(FakeWorld.flip(change.to(), report)))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("every step was rolled back")
        .hasMessageContaining("phase.json.next");

    assertOld(world, cutover, change);
    assertThat(world.calls)
        .isEqualTo(
            change == Transition.JOIN ? List.of("join questdb", "leave questdb") : List.of());
    Files.delete(inTheWay);
    world.bothOpen = true;
    FakeWorld.go(cutover, change.to());
    assertThat(world.kept().phase()).isEqualTo(change.to());
  }

  @ParameterizedTest
  @EnumSource(Transition.class)
  void aFailureBehindTheRenameFollowsWhatTheFileSays(Transition change) throws Exception {
    FakeWorld world = new FakeWorld(data, change.from());
    GuardedCutover cutover = world.open(change.from(), failingAfter(Step.RENAMED));

    FakeWorld.go(cutover, change.to());

    assertThat(world.kept().phase()).isEqualTo(change.to());
    assertThat(cutover.phase()).isEqualTo(world.kept());
    assertThat(world.reads.sourceName())
        .isEqualTo(change.to().reads() == Role.NEXT ? "questdb" : "mysql");
  }

  @Test
  void aRecordThatSomebodyElseChangedIsNotOverwritten() throws Exception {
    FakeWorld world = new FakeWorld(data, Phase.MIRROR);
    GuardedCutover cutover = world.open(Phase.MIRROR);
    String report = cutover.report(Phase.QUESTDB).id();
    FakeWorld other = new FakeWorld(data, Phase.MIRROR);
    FakeWorld.go(other.open(Phase.MIRROR), Phase.MYSQL);

    assertThatThrownBy(() -> cutover.flip(FakeWorld.flip(Phase.QUESTDB, report)))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("it was changed from outside");

    assertThat(world.kept().phase()).isEqualTo(Phase.MYSQL);
    assertThat(world.reads.sourceName()).isEqualTo("mysql");
  }

  @Test
  void aStoreThatCannotBeJoinedLeavesThePhase() throws Exception {
    FakeWorld world = new FakeWorld(data, Phase.MYSQL);
    world.joinFails = "the server is away";
    GuardedCutover cutover = world.open(Phase.MYSQL);

    assertThatThrownBy(() -> FakeWorld.go(cutover, Phase.MIRROR))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("the server is away");

    assertOld(world, cutover, Transition.JOIN);
    assertThat(world.calls).isEmpty();
  }

  private static void assertOld(FakeWorld world, GuardedCutover cutover, Transition change)
      throws IOException {
    assertThat(world.kept().phase()).isEqualTo(change.from());
    assertThat(cutover.phase()).isEqualTo(world.kept());
    assertThat(world.reads.sourceName())
        .isEqualTo(change.from().reads() == Role.NEXT ? "questdb" : "mysql");
    assertThat(world.reads.acquire()).isPresent();
  }

  private static AtomicFile dyingAfter(Step last) {
    return new AtomicFile(step -> {
      if (step == last) {
        throw new Killed();
      }
    });
  }

  private static AtomicFile failingAfter(Step last) {
    return new AtomicFile(step -> {
      if (step == last) {
        throw new IOException("input/output error");
      }
    });
  }
}
