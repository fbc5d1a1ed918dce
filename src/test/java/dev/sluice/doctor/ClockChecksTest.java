package dev.sluice.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClockChecksTest {
  private static final Instant START = Instant.parse("2026-11-26T12:00:00Z");

  @TempDir private Path root;
  private Instant now = START;
  private long nanos = 77;

  @Test
  void findsTheServiceThatKeepsTheClock() throws IOException {
    assertThat(checks(RecordedMachine.of(RecordedMachine.TUNED, root)).synchronised())
        .satisfies(finding -> {
          assertThat(finding.level()).isEqualTo(Level.OK);
          assertThat(finding.seen()).isEqualTo("chronyd is running");
        });
  }

  @Test
  void advisesAServiceWhereThereIsNone() throws IOException {
    RecordedMachine machine = RecordedMachine.of(RecordedMachine.UNTUNED, root);

    assertThat(checks(machine).synchronised().level()).isEqualTo(Level.ADVICE);
    machine.with("run/systemd/timesync/synchronized", "");
    assertThat(checks(machine).synchronised().level()).isEqualTo(Level.OK);
  }

  @Test
  void doesNotKnowWhatKeepsTheClockOfAContainer() throws IOException {
    RecordedMachine machine =
        RecordedMachine.of(RecordedMachine.UNTUNED, root).with("proc/1/comm", "java\n");

    assertThat(checks(machine).synchronised().level()).isEqualTo(Level.UNKNOWN);
  }

  @Test
  void seesAStepInEitherDirection() {
    ClockChecks checks = checks(new Machine(root));

    pass(3_600_000, 3_600_010);
    assertThat(checks.step().level()).isEqualTo(Level.OK);

    pass(1_000, 3_000);
    assertThat(checks.step().level()).isEqualTo(Level.ADVICE);
    assertThat(checks.step().seen()).startsWith("+2.0 s since Sluice started");

    pass(1_000, -9_000);
    assertThat(checks.step().seen()).startsWith("-8.0 s since Sluice started");
  }

  private void pass(long realMillis, long clockMillis) {
    nanos += realMillis * 1_000_000;
    now = now.plusMillis(clockMillis);
  }

  private ClockChecks checks(RecordedMachine machine) {
    return checks(machine.machine());
  }

  private ClockChecks checks(Machine machine) {
    return new ClockChecks(machine, () -> now, () -> nanos);
  }
}
