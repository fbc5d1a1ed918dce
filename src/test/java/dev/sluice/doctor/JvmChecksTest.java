package dev.sluice.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JvmChecksTest {
  private static final long GIB = 1L << 30;
  private static final Jvm BIG =
      new Jvm(25, "25.0.3", 64 * GIB, List.of("-XX:+UseLargePages"), true);
  private static final Jvm SMALL =
      new Jvm(25, "25.0.3", GIB / 2, List.of("-XX:AOTCache=/opt/sluice/x.aot"), true);

  @TempDir private Path root;

  @Test
  void findsNothingOnABigMachineWithTheBigOptions() throws IOException {
    assertThat(levels(RecordedMachine.TUNED, BIG).values()).containsOnly(Level.OK);
  }

  @Test
  void findsAServerThatWasStartedWithoutOptions() throws IOException {
    Jvm bare = new Jvm(25, "25.0.3", 6 * GIB, List.of(), true);

    Map<String, Finding> findings = findings(RecordedMachine.UNTUNED, bare);

    assertThat(findings.get("options file"))
        .satisfies(finding -> {
          assertThat(finding.level()).isEqualTo(Level.ADVICE);
          assertThat(finding.seen()).isEqualTo("none");
          assertThat(finding.mend()).contains("jvm-options/jdk25-small.options");
        });
  }

  @Test
  void takesOnlyAFileBeforeTheJarForOptions() throws IOException {
    RecordedMachine machine =
        RecordedMachine.of(RecordedMachine.TUNED, root)
            .with("proc/self/cmdline", "java\\0-jar\\0sluice.jar\\0serve\\0@other\\0");

    assertThat(Objects.requireNonNull(of(machine, SMALL).get("options file")).level())
        .isEqualTo(Level.ADVICE);
  }

  @Test
  void findsTheOptionsOfAnOlderJvm() throws IOException {
    RecordedMachine machine =
        RecordedMachine.of(RecordedMachine.TUNED, root)
            .with("proc/self/cmdline", "java\\0@jvm-options/jdk21-small.options\\0-jar\\0x\\0");

    assertThat(Objects.requireNonNull(of(machine, SMALL).get("options file")).level())
        .isEqualTo(Level.ADVICE);
    Jvm older = new Jvm(21, "21.0.9", GIB / 2, List.of(), true);
    assertThat(Objects.requireNonNull(of(machine, older).get("options file")).level())
        .isEqualTo(Level.OK);
  }

  @Test
  void prefersReleasesThatGetFixes() throws IOException {
    RecordedMachine machine = RecordedMachine.of(RecordedMachine.TUNED, root);

    assertThat(Objects.requireNonNull(of(machine, release(21)).get("version")).level())
        .isEqualTo(Level.OK);
    assertThat(Objects.requireNonNull(of(machine, release(23)).get("version")).level())
        .isEqualTo(Level.ADVICE);
    assertThat(Objects.requireNonNull(of(machine, release(25)).get("version")).level())
        .isEqualTo(Level.OK);
    assertThat(Objects.requireNonNull(of(machine, release(26)).get("version")).level())
        .isEqualTo(Level.OK);
  }

  @Test
  void comparesTheHeapWithTheMemory() throws IOException {
    assertThat(levels(RecordedMachine.UNTUNED, SMALL).get("heap")).isEqualTo(Level.OK);
    assertThat(heap(RecordedMachine.UNTUNED, 20 * GIB)).isEqualTo(Level.ADVICE);
    assertThat(heap(RecordedMachine.UNTUNED, 24 * GIB)).isEqualTo(Level.BROKEN);
    // half a gibibyte of 126
    assertThat(heap(RecordedMachine.TUNED, GIB / 2)).isEqualTo(Level.ADVICE);
  }

  @Test
  void takesTheLimitOfAControlGroupForTheMemory() throws IOException {
    RecordedMachine machine =
        RecordedMachine.of(RecordedMachine.TUNED, root)
            .with("sys/fs/cgroup/memory.max", "536870912\n");

    assertThat(Objects.requireNonNull(of(machine, SMALL).get("heap")).level())
        .isEqualTo(Level.BROKEN);
    machine.with("sys/fs/cgroup/memory.max", "max\n");
    assertThat(Objects.requireNonNull(of(machine, BIG).get("heap")).level()).isEqualTo(Level.OK);
  }

  @Test
  void comparesTheMemoryOfRequestsWithTheHeap() throws IOException {
    RecordedMachine machine = RecordedMachine.of(RecordedMachine.UNTUNED, root);

    assertThat(Objects.requireNonNull(of(machine, SMALL).get("memory of requests")).level())
        .isEqualTo(Level.OK);
    assertThat(
            Objects.requireNonNull(of(machine, heapOf(256 << 20)).get("memory of requests"))
                .level())
        .isEqualTo(Level.ADVICE);
    assertThat(
            Objects.requireNonNull(of(machine, heapOf(128 << 20)).get("memory of requests"))
                .level())
        .isEqualTo(Level.BROKEN);
  }

  @Test
  void findsHugePagesThatWereAskedForAndNotReserved() throws IOException {
    Finding missing =
        Objects.requireNonNull(findings(RecordedMachine.UNTUNED, BIG).get("huge pages"));

    assertThat(missing.level()).isEqualTo(Level.ADVICE);
    assertThat(missing.mend()).isEqualTo("sudo sysctl -w vm.nr_hugepages=33793");
    assertThat(levels(RecordedMachine.UNTUNED, SMALL).get("huge pages")).isEqualTo(Level.OK);
  }

  @Test
  void findsTransparentHugePagesThatTheKernelDoesNotGive() throws IOException {
    Jvm jvm = new Jvm(25, "25", 64 * GIB, List.of("-XX:+UseTransparentHugePages"), true);

    assertThat(levels(RecordedMachine.UNTUNED, jvm).get("huge pages")).isEqualTo(Level.ADVICE);
    assertThat(levels(RecordedMachine.TUNED, jvm).get("huge pages")).isEqualTo(Level.OK);
  }

  @Test
  void tellsWhetherTheCacheIsUsed() throws IOException {
    RecordedMachine machine = RecordedMachine.of(RecordedMachine.UNTUNED, root);
    Jvm refused = new Jvm(25, "25.0.3", GIB / 2, SMALL.arguments(), false);

    assertThat(Objects.requireNonNull(of(machine, SMALL).get("AOT cache")).seen())
        .isEqualTo("used");
    assertThat(of(machine, refused).get("AOT cache"))
        .satisfies(finding -> {
          assertThat(finding.level()).isEqualTo(Level.ADVICE);
          assertThat(finding.seen()).isEqualTo("refused by this JVM");
        });
    assertThat(Objects.requireNonNull(of(machine, heapOf(GIB / 2)).get("AOT cache")).level())
        .isEqualTo(Level.ADVICE);
    assertThat(Objects.requireNonNull(of(machine, release(21)).get("AOT cache")).level())
        .isEqualTo(Level.OK);
  }

  @Test
  void doesNotTakeACommandForAServer() {
    assertThat(
            new JvmChecks(new Machine(root), Configs.usual(root))
                .ofCommand(SMALL).stream().map(Finding::level))
        .containsExactly(Level.OK, Level.UNKNOWN);
  }

  /** Its own JVM, as it is. */
  @Test
  void knowsTheJvmItRunsIn() {
    Jvm here = Jvm.here();

    assertThat(here.release()).isGreaterThanOrEqualTo(21);
    assertThat(here.maxHeapBytes()).isEqualTo(Runtime.getRuntime().maxMemory());
  }

  private static Jvm release(int release) {
    return new Jvm(release, release + ".0.1", GIB / 2, List.of(), true);
  }

  private static Jvm heapOf(long bytes) {
    return new Jvm(25, "25.0.3", bytes, List.of(), true);
  }

  private Level heap(String recording, long bytes) throws IOException {
    return Objects.requireNonNull(levels(recording, heapOf(bytes)).get("heap"));
  }

  private Map<String, Level> levels(String recording, Jvm jvm) throws IOException {
    return findings(recording, jvm).entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, entry -> entry.getValue().level()));
  }

  private Map<String, Finding> findings(String recording, Jvm jvm) throws IOException {
    Path folder = java.nio.file.Files.createTempDirectory(root, "machine");
    return of(RecordedMachine.of(recording, folder), jvm);
  }

  private Map<String, Finding> of(RecordedMachine machine, Jvm jvm) {
    return new JvmChecks(machine.machine(), Configs.usual(root))
        .ofServer(jvm).stream()
            .collect(Collectors.toMap(finding -> finding.check().name(), finding -> finding));
  }
}
