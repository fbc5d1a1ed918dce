package dev.sluice.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NetworkChecksTest {
  private static final String QUEUE = "sys/class/net/eth0/queues/rx-0/rps_cpus";

  @TempDir private Path root;

  @Test
  void findsNothingOnACardWithAQueueForEachProcessor() throws IOException {
    assertThat(checks(RecordedMachine.TUNED, 4).findings(0, "the start"))
        .hasSize(4)
        .allMatch(finding -> finding.level() == Level.OK);
  }

  @Test
  void findsOneQueueOneBusyProcessorOverflowsAndDroppedPackets() throws IOException {
    NetworkChecks checks = checks(RecordedMachine.UNTUNED, 4);

    assertThat(checks.findings(0, "the start"))
        .allMatch(finding -> finding.level() == Level.ADVICE)
        .extracting(Finding::seen)
        .containsExactly(
            "1 of them, RPS is off",
            "95560223, 100 % of them on one of 4 processors",
            "3416 connections dropped since the start",
            "543 of 101149371 dropped, 19588 rounds ended early, since the machine started");
  }

  @Test
  void isContentWithRpsOnACardWithOneQueue() throws IOException {
    RecordedMachine machine =
        RecordedMachine.of(RecordedMachine.UNTUNED, root).with(QUEUE, "00000000,0000000f\n");

    assertThat(finding(machine, "queues of eth0", 0).level()).isEqualTo(Level.OK);
  }

  @Test
  void namesTheMaskOfAllProcessors() throws IOException {
    assertThat(mend(4)).contains("echo f |");
    assertThat(mend(32)).contains("echo ffffffff |");
    assertThat(mend(36)).contains("echo f,ffffffff |");
    assertThat(mend(128)).contains("echo ffffffff,ffffffff,ffffffff,ffffffff |");
  }

  @Test
  void doesNotMindOneProcessorWhileThereAreFewInterrupts() throws IOException {
    RecordedMachine machine =
        RecordedMachine.of(RecordedMachine.UNTUNED, root)
            .with(
                "proc/interrupts",
                "           CPU0       CPU1\n 38:  9000  0  PCI-MSIX  virtio2-input.0\n");

    assertThat(finding(machine, "interrupts of eth0", 0).level()).isEqualTo(Level.OK);
  }

  @Test
  void countsOverflowsFromWhenItWasToldTo() throws IOException {
    RecordedMachine machine = RecordedMachine.of(RecordedMachine.UNTUNED, root);

    assertThat(finding(machine, "accept queue", 3_416).level()).isEqualTo(Level.OK);
    assertThat(finding(machine, "accept queue", 3_400).seen())
        .isEqualTo("16 connections dropped since then");
    assertThat(new NetworkChecks(machine.machine(), 4).overflows()).hasValue(3_416);
  }

  @Test
  void asksForABiggerBudgetWhenRoundsEndEarly() throws IOException {
    RecordedMachine machine =
        RecordedMachine.of(RecordedMachine.TUNED, root)
            .with("proc/net/softnet_stat", "000f4240 00000000 000007d0\n");

    assertThat(finding(machine, "packets", 0).mend()).contains("net.core.netdev_budget=600");
  }

  @Test
  void doesNotKnowWhatIsHidden() throws IOException {
    RecordedMachine machine =
        RecordedMachine.of(RecordedMachine.TUNED, root)
            .without("proc/net/netstat")
            .without("proc/net/softnet_stat")
            .without("proc/interrupts");

    assertThat(new NetworkChecks(machine.machine(), 4).findings(0, "then"))
        .extracting(Finding::level)
        .containsExactly(Level.OK, Level.UNKNOWN, Level.UNKNOWN, Level.UNKNOWN);
  }

  private String mend(int processors) throws IOException {
    Path folder = root.resolve("of" + processors);
    RecordedMachine machine = RecordedMachine.of(RecordedMachine.UNTUNED, folder);
    return new NetworkChecks(machine.machine(), processors)
        .findings(0, "then").stream()
            .filter(finding -> finding.check().name().equals("queues of eth0"))
            .findFirst()
            .orElseThrow()
            .mend();
  }

  private NetworkChecks checks(String recording, int processors) throws IOException {
    return new NetworkChecks(RecordedMachine.of(recording, root).machine(), processors);
  }

  private static Finding finding(RecordedMachine machine, String name, long before) {
    return new NetworkChecks(machine.machine(), RecordedMachine.PROCESSORS)
        .findings(before, "then").stream()
            .filter(finding -> finding.check().name().equals(name))
            .findFirst()
            .orElseThrow();
  }
}
