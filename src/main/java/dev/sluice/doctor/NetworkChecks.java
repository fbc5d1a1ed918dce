package dev.sluice.doctor;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** The network cards, and what the kernel counts of connections and packets it dropped. */
final class NetworkChecks {
  /** Interrupts below this number show nothing about how they are spread. */
  private static final long TELLING_INTERRUPTS = 1_000_000;

  /** A share of a card's interrupts that makes one processor its only one. */
  private static final double ONE_PROCESSOR = 0.9;

  /** Rounds that ended early, of all, that are worth a bigger budget. */
  private static final double SQUEEZED = 0.001;

  private static final String GROUP = "kernel";

  private final Machine machine;
  private final int processors;

  /**
   * @param processors of the machine
   */
  NetworkChecks(Machine machine, int processors) {
    this.machine = machine;
    this.processors = processors;
  }

  /**
   * @param overflowsBefore overflows that are not to be counted
   * @param since when counting began, in words
   */
  List<Finding> findings(long overflowsBefore, String since) {
    List<Finding> findings = new ArrayList<>();
    for (String card : machine.names("sys/class/net")) {
      if (machine.has("sys/class/net/" + card + "/device")) {
        findings.add(queues(card));
        findings.add(interrupts(card));
      }
    }
    findings.add(overflows(overflowsBefore, since));
    findings.add(packets());
    return findings;
  }

  /** Connections that found the accept queue full, and all that a listener dropped. */
  OptionalLong overflows() {
    OptionalLong overflows = counter("ListenOverflows");
    OptionalLong drops = counter("ListenDrops");
    return overflows.isEmpty() || drops.isEmpty()
        ? OptionalLong.empty()
        : OptionalLong.of(Math.max(overflows.getAsLong(), drops.getAsLong()));
  }

  private Finding queues(String card) {
    Check check =
        new Check(
            GROUP,
            "queues of " + card,
            "a receive queue for each of " + processors + " processors, or RPS on all of them",
            "one queue is read by one processor, which is full at some 500,000 packets a second"
                + " while the others wait");
    String folder = "sys/class/net/" + card + "/queues";
    List<String> queues =
        machine.names(folder).stream().filter(name -> name.startsWith("rx-")).toList();
    boolean spread =
        !queues.isEmpty()
            && queues.stream().allMatch(queue -> isSet(folder + "/" + queue + "/rps_cpus"));
    String seen = "%d of them, RPS is %s".formatted(queues.size(), spread ? "on" : "off");
    if (queues.isEmpty()) {
      return check.unknown("no queues are visible");
    }
    return check.okIf(
        queues.size() >= processors || spread,
        seen,
        "sudo ethtool -L %s combined %d, or where the card has no more: for q in /sys/class/net/%s/queues/rx-*/rps_cpus; do echo %s | sudo tee $q; done"
            .formatted(card, processors, card, mask()));
  }

  /** A mask of processors, such as {@code 00000000,000000ff}, that names any. */
  private boolean isSet(String file) {
    return machine.text(file).filter(mask -> mask.matches(".*[1-9a-f].*")).isPresent();
  }

  /** All processors, as the kernel reads it: groups of 32 bits. */
  private String mask() {
    String hex = BigInteger.ONE.shiftLeft(processors).subtract(BigInteger.ONE).toString(16);
    StringBuilder groups = new StringBuilder(hex);
    for (int at = hex.length() - 8; at > 0; at -= 8) {
      groups.insert(at, ',');
    }
    return groups.toString();
  }

  private Finding interrupts(String card) {
    Check check =
        new Check(
            GROUP,
            "interrupts of " + card,
            "spread over more than one processor",
            "the processor that takes them all is full first, and packets are dropped");
    // A virtual card's interrupts have its bus's name.
    Optional<String> device = machine.linkedName("sys/class/net/" + card + "/device");
    long[] each = new long[processors];
    for (String line : machine.lines("proc/interrupts")) {
      String[] words = line.strip().split("\\s+", -1);
      String name = words[words.length - 1];
      if (name.startsWith(card) || device.filter(bus -> name.startsWith(bus + "-")).isPresent()) {
        for (int i = 0; i < processors && i + 1 < words.length; i++) {
          each[i] += words[i + 1].matches("\\d+") ? Long.parseLong(words[i + 1]) : 0;
        }
      }
    }
    long all = Arrays.stream(each).sum();
    if (all == 0) {
      return check.unknown("none are visible");
    }
    long most = Arrays.stream(each).max().orElse(0);
    String seen =
        "%d, %.0f %% of them on one of %d processors"
            .formatted(all, 100.0 * most / all, processors);
    return check.okIf(
        processors == 1 || all < TELLING_INTERRUPTS || most < ONE_PROCESSOR * all,
        seen,
        "sudo apt-get install irqbalance, or write a mask to /proc/irq/N/smp_affinity");
  }

  private Finding overflows(long before, String since) {
    Check check =
        new Check(
            GROUP,
            "accept queue",
            "no overflow",
            "each was a sensor that was not let in and tried again");
    OptionalLong seen = overflows();
    if (seen.isEmpty()) {
      return check.unknown("/proc/net/netstat has no counters here");
    }
    long count = Math.max(0, seen.getAsLong() - before);
    return check.okIf(
        count == 0,
        count + " connections dropped since " + since,
        "raise net.core.somaxconn and net.ipv4.tcp_max_syn_backlog (docker/sysctl/99-sluice.conf)");
  }

  private Finding packets() {
    Check check =
        new Check(
            GROUP,
            "packets",
            "none dropped between card and protocol",
            "a dropped packet is sent again after 200 ms or more, which a sensor sees as jitter");
    long processed = 0;
    long dropped = 0;
    long squeezed = 0;
    for (String line : machine.lines("proc/net/softnet_stat")) {
      String[] words = line.strip().split("\\s+", -1);
      if (words.length > 2) {
        processed += Long.parseLong(words[0], 16);
        dropped += Long.parseLong(words[1], 16);
        squeezed += Long.parseLong(words[2], 16);
      }
    }
    if (processed == 0) {
      return check.unknown("/proc/net/softnet_stat counts nothing here");
    }
    String seen =
        "%d of %d dropped, %d rounds ended early, since the machine started"
            .formatted(dropped, processed, squeezed);
    if (dropped > 0) {
      return check.advice(seen, "sudo sysctl -w net.core.netdev_max_backlog=16384");
    }
    return check.okIf(
        squeezed < SQUEEZED * processed, seen, "sudo sysctl -w net.core.netdev_budget=600");
  }

  /** A counter of {@code /proc/net/netstat}: a line of names, then one of values. */
  private OptionalLong counter(String name) {
    List<String> lines =
        machine.lines("proc/net/netstat").stream()
            .filter(line -> line.startsWith("TcpExt:"))
            .toList();
    if (lines.size() == 2) {
      int at = Arrays.asList(lines.getFirst().split(" ", -1)).indexOf(name);
      String[] values = lines.getLast().split(" ", -1);
      if (at > 0 && at < values.length) {
        return OptionalLong.of(Long.parseLong(values[at]));
      }
    }
    return OptionalLong.empty();
  }
}
