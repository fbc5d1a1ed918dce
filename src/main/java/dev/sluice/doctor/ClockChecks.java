package dev.sluice.doctor;

import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Whether something keeps the clock right, and whether it was stepped since this was created.
 * Thread-safe.
 */
final class ClockChecks {
  private static final Set<String> KEEPERS =
      Set.of("chronyd", "ntpd", "openntpd", "ntpsec", "systemd-timesyn", "ptp4l", "phc2sys");

  private static final Duration STEP = Duration.ofMillis(500);
  private static final String GROUP = "clock";

  private final Machine machine;
  private final InstantSource clock;
  private final LongSupplier nanoTime;
  private final long startMillis;
  private final long startNanos;

  /**
   * @param nanoTime {@link System#nanoTime}, which no step of the clock moves
   */
  ClockChecks(Machine machine, InstantSource clock, LongSupplier nanoTime) {
    this.machine = machine;
    this.clock = clock;
    this.nanoTime = nanoTime;
    this.startMillis = clock.millis();
    this.startNanos = nanoTime.getAsLong();
  }

  Finding synchronised() {
    Check check =
        new Check(
            GROUP,
            "synchronised",
            "a time service: chrony, ntpd or systemd-timesyncd",
            "readings without a time get this clock's, those too far ahead of it are refused, and"
                + " lateness is measured by it");
    if (machine.has("run/systemd/timesync/synchronized")) {
      return check.ok("by systemd-timesyncd");
    }
    Optional<String> keeper =
        machine.names("proc").stream()
            .filter(name -> name.matches("\\d+"))
            .flatMap(pid -> machine.text("proc/" + pid + "/comm").stream())
            .filter(KEEPERS::contains)
            .findFirst();
    if (keeper.isPresent()) {
      return check.ok(keeper.get() + " is running");
    }
    // In a container, what keeps the clock is on the host and cannot be seen.
    return machine.text("proc/1/comm").filter("systemd"::equals).isPresent()
        ? check.advice("no time service is running", "sudo apt-get install chrony")
        : check.unknown("no time service is visible here; in a container, look on its host");
  }

  /** A step that was taken back does not show. */
  Finding step() {
    Check check = stepCheck();
    long moved = clock.millis() - startMillis - (nanoTime.getAsLong() - startNanos) / 1_000_000;
    String seen =
        Math.abs(moved) < STEP.toMillis()
            ? "none since Sluice started"
            : String.format(
                Locale.ROOT, "%+.1f s since Sluice started, or the machine slept", moved / 1_000.0);
    return check.okIf(
        Math.abs(moved) < STEP.toMillis(),
        seen,
        "let the time service slew: chrony's makestep only at boot");
  }

  List<Finding> ofCommand() {
    return List.of(synchronised(), stepCheck().unknown("only a running Sluice sees one"));
  }

  List<Finding> ofServer() {
    return List.of(synchronised(), step());
  }

  private static Check stepCheck() {
    return new Check(
        GROUP,
        "step",
        "none",
        "a clock that jumps makes gaps and late readings where there are none");
  }
}
