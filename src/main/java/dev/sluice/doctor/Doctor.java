package dev.sluice.doctor;

import dev.sluice.api.DoctorReport;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * All checks of one machine and one Sluice. Thread-safe: one examination at a time, and its report
 * is good for ten seconds, so that asking often costs nothing.
 */
public final class Doctor {
  private static final Duration GOOD_FOR = Duration.ofSeconds(10);

  /** What there is to say about the JVM. */
  private enum Place {
    /** Inside a server. */
    SERVER,
    /** In a command beside it. */
    COMMAND
  }

  /** The stores that the phase writes, as they are now. */
  @FunctionalInterface
  public interface Patients {
    List<Patient> now();
  }

  private final Place place;
  private final Optional<DoctorConfig.Node> node;
  private final KernelChecks kernel;
  private final NetworkChecks network;
  private final JvmChecks jvm;
  private final DiskChecks disk;
  private final ClockChecks clock;
  private final DoorChecks doors;
  private final Patients patients;
  private final long overflowsBefore;
  private final ReentrantLock examining = new ReentrantLock();
  private @Nullable DoctorReport last;
  private long lastNanos;

  private Doctor(Place place, DoctorConfig config, InstantSource clock, Patients patients) {
    Machine machine = new Machine(Path.of("/"));
    this.place = place;
    this.node = config.node();
    this.kernel = new KernelChecks(machine, config);
    this.network = new NetworkChecks(machine, Runtime.getRuntime().availableProcessors());
    this.jvm = new JvmChecks(machine, config);
    this.disk = new DiskChecks(config.disk());
    this.clock = new ClockChecks(machine, clock, System::nanoTime);
    this.doors = new DoorChecks(config.doors(), config.udp(), clock);
    this.patients = patients;
    this.overflowsBefore = place == Place.SERVER ? network.overflows().orElse(0) : 0;
  }

  /**
   * Examines the process it runs in. What is counted, is counted from now on.
   *
   * @param patients the open stores
   */
  public static Doctor ofServer(DoctorConfig config, InstantSource clock, Patients patients) {
    return new Doctor(Place.SERVER, config, clock, patients);
  }

  /**
   * Examines what can be seen from outside: the machine, the settings, and the stores that can be
   * asked without opening them.
   */
  public static Doctor ofCommand(DoctorConfig config, InstantSource clock, Patients patients) {
    return new Doctor(Place.COMMAND, config, clock, patients);
  }

  /** Examines everything, or repeats what it said up to ten seconds ago. */
  public DoctorReport report() {
    examining.lock();
    try {
      DoctorReport report = last;
      if (report == null || System.nanoTime() - lastNanos > GOOD_FOR.toNanos()) {
        report = report(findings());
        last = report;
        lastNanos = System.nanoTime();
      }
      return report;
    } finally {
      examining.unlock();
    }
  }

  private List<Finding> findings() {
    boolean server = place == Place.SERVER;
    List<Finding> findings = new ArrayList<>(node.map(Doctor::roles).stream().toList());
    findings.addAll(kernel.findings());
    findings.addAll(
        network.findings(
            overflowsBefore, server ? "Sluice started" : "the machine or container started"));
    findings.addAll(server ? jvm.ofServer(Jvm.here()) : jvm.ofCommand(Jvm.here()));
    findings.addAll(disk.findings());
    findings.addAll(server ? clock.ofServer() : clock.ofCommand());
    findings.addAll(StoreChecks.of(patients.now()));
    findings.addAll(doors.findings());
    return findings;
  }

  /** What this node does, and so what the other findings are about. */
  private static Finding roles(DoctorConfig.Node node) {
    Check check =
        new Check(
            "node",
            "roles",
            "ingest, delivery or both",
            "each node is checked for what it does itself; the others have a doctor of their own");
    if (!node.delivers()) {
      return check.ok("ingest: takes readings in, and has no store");
    }
    return check.ok(
        node.ingests()
            ? "ingest and delivery"
            : "delivery: has the stores and answers reads, and takes no readings in");
  }

  static DoctorReport report(List<Finding> findings) {
    Level worst = Level.OK;
    for (Finding finding : findings) {
      if (finding.level() != Level.UNKNOWN && finding.level().compareTo(worst) > 0) {
        worst = finding.level();
      }
    }
    return new DoctorReport(worst.label(), findings.stream().map(Finding::answer).toList());
  }
}
