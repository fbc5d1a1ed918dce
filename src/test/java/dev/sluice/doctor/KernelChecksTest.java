package dev.sluice.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class KernelChecksTest {
  private static final Path SYSCTL = Path.of("docker", "sysctl", "99-sluice.conf");

  @TempDir private Path root;

  @Test
  void findsNothingOnAMachineWithTheShippedSysctlFile() throws IOException {
    RecordedMachine tuned = RecordedMachine.of(RecordedMachine.TUNED, root);
    for (Map.Entry<String, String> setting : shipped().entrySet()) {
      tuned.with(file(setting.getKey()), setting.getValue() + "\n");
    }

    assertThat(findings(tuned)).allMatch(finding -> finding.level() == Level.OK);
  }

  /** So that the file mends whatever it finds, and nothing in the file goes unexplained. */
  @Test
  void checksEverySettingOfTheShippedFileAndNoOther() throws IOException {
    RecordedMachine machine = RecordedMachine.of(RecordedMachine.UNTUNED, root);

    List<String> checked = new ArrayList<>();
    for (Finding finding : findings(machine)) {
      checked.add(finding.check().name());
    }
    checked.remove("open files");

    assertThat(checked).containsExactlyInAnyOrderElementsOf(shipped().keySet());
  }

  @Test
  void namesOnAnUntunedMachineWhatTheShippedFileWouldMend() throws IOException {
    List<Finding> findings = findings(RecordedMachine.of(RecordedMachine.UNTUNED, root));

    Set<String> mended = Set.copyOf(bad(findings));
    assertThat(mended)
        .contains(
            "net.core.somaxconn",
            "net.ipv4.tcp_max_syn_backlog",
            "net.ipv4.tcp_tw_reuse",
            "net.ipv4.ip_local_port_range",
            "net.ipv4.tcp_fastopen",
            "net.core.netdev_budget",
            "vm.max_map_count",
            "vm.swappiness",
            "open files");
    assertThat(findings)
        .filteredOn(finding -> finding.check().name().equals("net.core.somaxconn"))
        .singleElement()
        .satisfies(finding -> {
          assertThat(finding.level()).isEqualTo(Level.ADVICE);
          assertThat(finding.seen())
              .isEqualTo("4096, so the kernel grants our listener 4096 of 65535");
          assertThat(finding.mend()).isEqualTo("sudo sysctl -w net.core.somaxconn=65535");
        });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "net.core.somaxconn | 4096 | ADVICE",
        "net.core.somaxconn | 128 | BROKEN",
        "net.ipv4.tcp_max_syn_backlog | 1024 | ADVICE",
        "net.ipv4.tcp_syncookies | 0 | ADVICE",
        "net.ipv4.tcp_tw_reuse | 0 | ADVICE",
        "net.ipv4.tcp_tw_reuse | 2 | ADVICE",
        "net.ipv4.tcp_max_tw_buckets | 16384 | ADVICE",
        "net.ipv4.tcp_fin_timeout | 60 | ADVICE",
        "net.ipv4.ip_local_port_range | 32768 60999 | ADVICE",
        "net.ipv4.ip_local_port_range | 1024 65000 | ADVICE",
        "net.ipv4.tcp_fastopen | 1 | ADVICE",
        "net.ipv4.tcp_fastopen | 1025 | ADVICE",
        "net.ipv4.tcp_keepalive_time | 7200 | ADVICE",
        "net.ipv4.tcp_keepalive_intvl | 75 | ADVICE",
        "net.ipv4.tcp_keepalive_probes | 9 | ADVICE",
        "net.ipv4.tcp_rmem | 4096 131072 6291456 | ADVICE",
        "net.ipv4.tcp_wmem | 4096 16384 4194304 | ADVICE",
        "net.core.rmem_max | 212992 | ADVICE",
        "net.core.wmem_max | 212992 | ADVICE",
        "net.core.netdev_max_backlog | 1000 | ADVICE",
        "net.core.netdev_budget | 300 | ADVICE",
        "net.core.netdev_budget_usecs | 2000 | ADVICE",
        "fs.nr_open | 65536 | ADVICE",
        "fs.file-max | 100000 | ADVICE",
        "vm.max_map_count | 65530 | ADVICE",
        "vm.max_map_count | 32000 | BROKEN",
        "vm.swappiness | 60 | ADVICE"
      })
  void findsTheOneSettingThatIsBad(String key, String value, Level level) throws IOException {
    RecordedMachine machine =
        RecordedMachine.of(RecordedMachine.TUNED, root).with(file(key), value + "\n");

    assertThat(findings(machine))
        .filteredOn(finding -> finding.level() != Level.OK)
        .singleElement()
        .satisfies(finding -> {
          assertThat(finding.check().name()).isEqualTo(key);
          assertThat(finding.level()).isEqualTo(level);
          assertThat(finding.seen()).contains(value.split(" ", -1)[0]);
          assertThat(finding.mend()).startsWith("sudo sysctl -w ");
        });
  }

  @ParameterizedTest
  @MethodSource("keys")
  void doesNotKnowWhatItCannotSee(String key) throws IOException {
    RecordedMachine machine = RecordedMachine.of(RecordedMachine.TUNED, root).without(file(key));

    assertThat(findings(machine))
        .filteredOn(finding -> finding.level() != Level.OK)
        .singleElement()
        .satisfies(finding -> {
          assertThat(finding.check().name()).isEqualTo(key);
          assertThat(finding.level()).isEqualTo(Level.UNKNOWN);
        });
  }

  @Test
  void doesNotMindSwappinessWithoutSwap() throws IOException {
    RecordedMachine machine =
        RecordedMachine.of(RecordedMachine.TUNED, root)
            .with(file("vm.swappiness"), "60\n")
            .with("proc/meminfo", "MemTotal: 1000 kB\nSwapTotal:       0 kB\n");

    assertThat(bad(findings(machine))).isEmpty();
  }

  @Test
  void comparesOpenFilesWithTheConnectionsThatAreSet() throws IOException {
    RecordedMachine machine =
        RecordedMachine.of(RecordedMachine.TUNED, root)
            .with(
                "proc/self/limits",
                "Max open files            70000                70000                files     \n");

    DoctorConfig none = Configs.with(8080, OptionalInt.empty(), root);
    DoctorConfig some = Configs.with(8080, OptionalInt.of(50_000), root);
    DoctorConfig more = Configs.with(8080, OptionalInt.of(100_000), root);

    assertThat(files(machine, none)).isEqualTo(Level.OK);
    assertThat(files(machine, some)).isEqualTo(Level.ADVICE);
    assertThat(files(machine, more)).isEqualTo(Level.BROKEN);
  }

  @Test
  void warnsOfAListenerAmongThePortsOfOutgoingConnections() throws IOException {
    RecordedMachine machine = RecordedMachine.of(RecordedMachine.TUNED, root);
    DoctorConfig config = Configs.with(20_000, OptionalInt.empty(), root);

    assertThat(new KernelChecks(machine.machine(), config).findings())
        .filteredOn(finding -> finding.level() != Level.OK)
        .singleElement()
        .satisfies(finding -> assertThat(finding.mend()).contains("ip_local_reserved_ports=20000"));
  }

  @ParameterizedTest
  @CsvSource({"4318, 20000, 20000", "20001, 1883, 20001", "20001, 20000, '20001,20000'"})
  void warnsOfTheOtlpAndTheMqttPortLikewise(int otlp, int mqtt, String reserved)
      throws IOException {
    RecordedMachine machine = RecordedMachine.of(RecordedMachine.TUNED, root);
    DoctorConfig config = Configs.withPorts(otlp, mqtt, root);

    assertThat(new KernelChecks(machine.machine(), config).findings())
        .filteredOn(finding -> finding.level() != Level.OK)
        .singleElement()
        .satisfies(
            finding -> assertThat(finding.mend()).endsWith("ip_local_reserved_ports=" + reserved));
  }

  /** Files.readString would see a single digit. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void readsTheKernelsOwnFilesToTheEnd() throws IOException, InterruptedException {
    Path file = Path.of("/proc/sys/net/core/rmem_max");
    Process cat = new ProcessBuilder("cat", file.toString()).start();
    String whole =
        new String(cat.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.US_ASCII)
            .strip();

    assertThat(cat.waitFor()).isZero();
    assertThat(whole.length()).isGreaterThan(1);
    assertThat(new Machine(Path.of("/")).number("proc/sys/net/core/rmem_max"))
        .hasValue(Long.parseLong(whole));
  }

  private static Level files(RecordedMachine machine, DoctorConfig config) {
    return new KernelChecks(machine.machine(), config)
        .findings().stream()
            .filter(finding -> finding.check().name().equals("open files"))
            .findFirst()
            .orElseThrow()
            .level();
  }

  @ParameterizedTest
  @CsvSource({"212992, ADVICE", "4194304, OK", "33554432, OK", ", UNKNOWN"})
  void comparesTheReceiveBufferWithWhatTheKernelGrants(String limit, Level level)
      throws IOException {
    RecordedMachine machine = RecordedMachine.of(RecordedMachine.UNTUNED, root);
    machine.with(file("net.core.rmem_max"), limit == null ? "" : limit + "\n");

    List<Finding> findings =
        new KernelChecks(machine.machine(), Configs.withUdp(4 << 20, root)).findings();

    assertThat(findings.getLast())
        .satisfies(finding -> {
          assertThat(finding.check().name()).isEqualTo("udp.receive-buffer");
          assertThat(finding.level()).isEqualTo(level);
        });
    if (level == Level.ADVICE) {
      assertThat(findings.getLast().seen()).isEqualTo("net.core.rmem_max grants 212992 of 4194304");
      assertThat(findings.getLast().mend()).isEqualTo("sudo sysctl -w net.core.rmem_max=4194304");
    }
  }

  private List<Finding> findings(RecordedMachine machine) {
    return new KernelChecks(machine.machine(), Configs.usual(root)).findings();
  }

  private static List<String> bad(List<Finding> findings) {
    return findings.stream()
        .filter(finding -> finding.level() != Level.OK)
        .map(finding -> finding.check().name())
        .toList();
  }

  static Stream<String> keys() throws IOException {
    return shipped().keySet().stream();
  }

  private static Map<String, String> shipped() throws IOException {
    Map<String, String> settings = new LinkedHashMap<>();
    for (String line : Files.readAllLines(SYSCTL)) {
      if (!line.isBlank() && !line.startsWith("#")) {
        String[] pair = line.split(" = ", 2);
        settings.put(pair[0], pair[1]);
      }
    }
    return settings;
  }

  private static String file(String key) {
    return "proc/sys/" + key.replace('.', '/');
  }
}
