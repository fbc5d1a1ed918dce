package dev.sluice.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/**
 * The kernel's limits and those of the process. What they are compared with is what {@code
 * docker/sysctl/99-sluice.conf} sets, so that this file mends every finding about them.
 */
final class KernelChecks {
  /** Fewer waiting connections than this are too few for any fleet that comes back at once. */
  private static final int LEAST_BACKLOG = 512;

  /** Mappings below which the embedded QuestDB must refuse reads. */
  private static final int LEAST_MAPPINGS = 65_530;

  private static final int WANTED_MAPPINGS = 1_048_576;

  private static final int WANTED_FILES = 65_536;

  /** Open files that are needed whatever the connections. */
  private static final int OTHER_FILES = 1_000;

  private static final String GROUP = "kernel";

  /** What a setting should be at least. */
  private record Least(String key, long value, String why) {}

  private static final List<Least> LEAST =
      List.of(
          new Least(
              "net.ipv4.tcp_max_syn_backlog",
              65_535,
              "connections that are being made wait here; beyond it the kernel drops them or falls"
                  + " back to cookies"),
          new Least(
              "net.ipv4.tcp_syncookies",
              1,
              "without cookies a full SYN queue drops new connections"),
          new Least(
              "net.ipv4.tcp_max_tw_buckets",
              1_000_000,
              "sockets of closed connections beyond it are dropped with a warning in the kernel's"
                  + " log"),
          new Least(
              "net.core.rmem_max",
              33_554_432,
              "the largest receive buffer a program may ask for; a distant gateway fills a small"
                  + " one before it is acknowledged"),
          new Least(
              "net.core.wmem_max",
              33_554_432,
              "the largest send buffer a program may ask for; long answers to a distant client fill"
                  + " a small one"),
          new Least(
              "net.core.netdev_max_backlog",
              16_384,
              "packets between the card's driver and the protocol; beyond it they are dropped"),
          new Least(
              "net.core.netdev_budget",
              600,
              "packets of one round of reading the cards; ending rounds early costs throughput"),
          new Least(
              "net.core.netdev_budget_usecs",
              8_000,
              "microseconds of one round of reading the cards; see net.core.netdev_budget"),
          new Least("fs.nr_open", 1_048_576, "the most open files one process may be allowed"),
          new Least("fs.file-max", 4_194_304, "open files of the whole machine"));

  /** What a setting should be at most. */
  private static final List<Least> MOST =
      List.of(
          new Least(
              "net.ipv4.tcp_fin_timeout", 15, "sockets wait this long for a sensor that is gone"),
          new Least(
              "net.ipv4.tcp_keepalive_time",
              300,
              "a sensor that went away without a word is noticed after this many seconds of"
                  + " silence"),
          new Least("net.ipv4.tcp_keepalive_intvl", 30, "seconds between the probes after that"),
          new Least("net.ipv4.tcp_keepalive_probes", 4, "the probes before it is given up"));

  private static final Least LARGEST_RECEIVE =
      new Least(
          "net.ipv4.tcp_rmem",
          33_554_432,
          "one connection's buffer grows up to the last of the three numbers, if it needs to");
  private static final Least LARGEST_SEND =
      new Least(
          "net.ipv4.tcp_wmem",
          33_554_432,
          "one connection's send buffer grows up to the last of the three numbers, if it needs to");

  private final Machine machine;
  private final DoctorConfig config;

  KernelChecks(Machine machine, DoctorConfig config) {
    this.machine = machine;
    this.config = config;
  }

  List<Finding> findings() {
    List<Finding> findings = new ArrayList<>();
    findings.add(backlog());
    LEAST.forEach(least -> findings.add(least(least)));
    findings.add(mappings());
    MOST.forEach(most -> findings.add(most(most)));
    findings.add(largest(LARGEST_RECEIVE, "4096 131072 33554432"));
    findings.add(largest(LARGEST_SEND, "4096 16384 33554432"));
    findings.add(reuse());
    findings.add(ports());
    findings.add(fastOpen());
    findings.add(swappiness());
    findings.add(files());
    config.udp().ifPresent(udp -> findings.add(receiveBuffer(udp.receiveBufferBytes())));
    return findings;
  }

  private Finding receiveBuffer(long asked) {
    Check check =
        new Check(
            GROUP,
            "udp.receive-buffer",
            asked + " bytes",
            "datagrams that come faster than they are read wait there; what does not fit is lost,"
                + " and only sluice_udp_kernel_dropped_total tells");
    OptionalLong limit = sysctl("net.core.rmem_max");
    if (limit.isEmpty()) {
      return check.unknown("net.core.rmem_max is not visible here");
    }
    long granted = Math.min(asked, limit.getAsLong());
    return check.okIf(
        granted == asked,
        "net.core.rmem_max grants " + granted + " of " + asked,
        set("net.core.rmem_max", asked));
  }

  private Finding backlog() {
    int asked = config.backlog();
    Check check =
        new Check(
            GROUP,
            "net.core.somaxconn",
            "at least ingest.backlog, " + asked,
            "sensors that all come back at once after an outage overflow a small accept queue, and"
                + " their retries make it worse");
    OptionalLong limit = sysctl("net.core.somaxconn");
    if (limit.isEmpty()) {
      return hidden(check);
    }
    long granted = Math.min(limit.getAsLong(), asked);
    String seen =
        "%d, so the kernel grants our listener %d of %d"
            .formatted(limit.getAsLong(), granted, asked);
    if (granted < LEAST_BACKLOG && limit.getAsLong() < asked) {
      return check.broken(seen, set("net.core.somaxconn", asked));
    }
    return check.okIf(granted >= asked, seen, set("net.core.somaxconn", asked));
  }

  private Finding least(Least least) {
    Check check = new Check(GROUP, least.key(), "at least " + least.value(), least.why());
    OptionalLong seen = sysctl(least.key());
    if (seen.isEmpty()) {
      return hidden(check);
    }
    long value = seen.getAsLong();
    return check.okIf(
        value >= least.value(), String.valueOf(value), set(least.key(), least.value()));
  }

  private Finding mappings() {
    boolean engine = config.disk().storesMinBytes().isPresent();
    Check check =
        new Check(
            GROUP,
            "vm.max_map_count",
            "at least " + WANTED_MAPPINGS,
            (engine
                    ? "QuestDB maps five files of each day it reads"
                    : "ZGC maps a large heap in many pieces")
                + ", and the JVM ends at the limit");
    OptionalLong seen = sysctl(check.name());
    if (seen.isEmpty()) {
      return hidden(check);
    }
    String mend = set(check.name(), WANTED_MAPPINGS);
    String value = String.valueOf(seen.getAsLong());
    return engine && seen.getAsLong() < LEAST_MAPPINGS
        ? check.broken(value, mend)
        : check.okIf(seen.getAsLong() >= WANTED_MAPPINGS, value, mend);
  }

  private Finding most(Least most) {
    Check check = new Check(GROUP, most.key(), "at most " + most.value(), most.why());
    OptionalLong seen = sysctl(most.key());
    return seen.isEmpty()
        ? hidden(check)
        : check.okIf(
            seen.getAsLong() <= most.value(),
            String.valueOf(seen.getAsLong()),
            set(most.key(), most.value()));
  }

  private Finding largest(Least least, String all) {
    Check check = new Check(GROUP, least.key(), "the last at least " + least.value(), least.why());
    List<Long> seen = machine.numbers(file(least.key()));
    return seen.size() != 3
        ? hidden(check)
        : check.okIf(
            seen.getLast() >= least.value(), words(seen), set(least.key(), "'" + all + "'"));
  }

  private Finding reuse() {
    Check check =
        new Check(
            GROUP,
            "net.ipv4.tcp_tw_reuse",
            "1",
            "connections to stores, and those of a proxy on this machine, run out of ports while"
                + " closed ones are still remembered; 2 allows it on loopback only");
    OptionalLong seen = sysctl(check.name());
    return seen.isEmpty()
        ? hidden(check)
        : check.okIf(seen.getAsLong() == 1, String.valueOf(seen.getAsLong()), set(check.name(), 1));
  }

  private Finding ports() {
    int least = 50_000;
    Check check =
        new Check(
            GROUP,
            "net.ipv4.ip_local_port_range",
            "at least " + least + " ports, and none among them that Sluice listens on",
            "outgoing connections take their ports from here; one that takes a listener's keeps it"
                + " from starting");
    List<Long> range = machine.numbers(file(check.name()));
    if (range.size() != 2) {
      return hidden(check);
    }
    long from = range.getFirst();
    long to = range.getLast();
    long ports = to - from + 1;
    String seen = from + " to " + to + ", " + ports + " ports";
    String taken =
        config.doors().ports().stream()
            .filter(port -> port >= from && port <= to)
            .map(String::valueOf)
            .collect(Collectors.joining(","));
    if (!taken.isEmpty()) {
      return check.advice(
          seen + ", " + taken + " among them",
          "sudo sysctl -w net.ipv4.ip_local_reserved_ports=" + taken);
    }
    return check.okIf(ports >= least, seen, set(check.name(), "'15000 65000'"));
  }

  private Finding fastOpen() {
    int listeners = 0x400 | 0x2;
    Check check =
        new Check(
            GROUP,
            "net.ipv4.tcp_fastopen",
            "1027: 0x400 and 2 for listeners, 1 for clients",
            "saves a sensor that connects for every POST one round trip, if it asks for it");
    OptionalLong seen = sysctl(check.name());
    return seen.isEmpty()
        ? hidden(check)
        : check.okIf(
            (seen.getAsLong() & listeners) == listeners,
            String.valueOf(seen.getAsLong()),
            set(check.name(), 1_027));
  }

  private Finding swappiness() {
    Check check =
        new Check(
            GROUP,
            "vm.swappiness",
            "at most 10, or no swap",
            "a heap that was swapped out to keep more files cached is a pause of seconds");
    OptionalLong seen = sysctl(check.name());
    if (seen.isEmpty()) {
      return hidden(check);
    }
    boolean swap = machine.memory("SwapTotal").orElse(1) > 0;
    return check.okIf(
        seen.getAsLong() <= 10 || !swap,
        seen.getAsLong() + (swap ? "" : ", no swap"),
        set(check.name(), 1));
  }

  /** The limit of this process, so that of a server only if this is one. */
  private Finding files() {
    long least = config.maxConnections().orElse(0) + (long) OTHER_FILES;
    long wanted = Math.max(WANTED_FILES, 2L * config.maxConnections().orElse(0));
    Check check =
        new Check(
            GROUP,
            "open files",
            "at least " + wanted,
            "each connection is an open file, and so is each column of an embedded QuestDB; a"
                + " listener that runs out closes");
    OptionalLong seen =
        machine.lines("proc/self/limits").stream()
            .filter(line -> line.startsWith("Max open files"))
            .map(line -> line.split("\\s{2,}", -1)[1])
            .mapToLong(soft -> soft.equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(soft))
            .findFirst();
    if (seen.isEmpty()) {
      return hidden(check);
    }
    String mend = "ulimit -n 1048576; under systemd LimitNOFILE=1048576";
    String text =
        seen.getAsLong() == Long.MAX_VALUE ? "unlimited" : String.valueOf(seen.getAsLong());
    return seen.getAsLong() < least
        ? check.broken(text, mend)
        : check.okIf(seen.getAsLong() >= wanted, text, mend);
  }

  private OptionalLong sysctl(String key) {
    return machine.number(file(key));
  }

  private static String file(String key) {
    return "proc/sys/" + key.replace('.', '/');
  }

  private static Finding hidden(Check check) {
    return check.unknown("not visible here; in a container, look on its host");
  }

  private static String set(String key, Object value) {
    return "sudo sysctl -w " + key + "=" + value;
  }

  private static String words(List<Long> numbers) {
    return String.join(" ", numbers.stream().map(String::valueOf).toList());
  }
}
