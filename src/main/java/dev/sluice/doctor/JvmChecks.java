package dev.sluice.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;

/** The JVM of a server: release, options, heap, huge pages, AOT cache. */
final class JvmChecks {
  /** Those that get fixes for years. */
  private static final Set<Integer> LONG_TERM = Set.of(21, 25);

  private static final int OLDEST = 21;
  private static final int FIRST_WITH_CACHE = 25;
  private static final int FIRST_OF_LATER_OPTIONS = 23;

  /** The big options file is for machines from here. */
  private static final long BIG_MACHINE_BYTES = 100_000_000L * 1024;

  private static final long SMALL_HEAP_BYTES = 4L << 30;

  /** Most of the machine that the heap should take; the rest is QuestDB's and the page cache's. */
  private static final double MOST_HEAP = 0.75;

  private static final String GROUP = "jvm";

  private final Machine machine;
  private final DoctorConfig config;

  JvmChecks(Machine machine, DoctorConfig config) {
    this.machine = machine;
    this.config = config;
  }

  /** What is known of a JVM that is a server. */
  List<Finding> ofServer(Jvm jvm) {
    List<Finding> findings = new ArrayList<>();
    findings.add(version(jvm));
    findings.add(options(jvm));
    findings.add(heap(jvm));
    if (config.ingests()) {
      findings.add(requests(jvm));
    }
    findings.add(hugePages(jvm));
    findings.add(cache(jvm));
    return findings;
  }

  /** What is known of a JVM that runs only this command, on the JDK that a server would take. */
  List<Finding> ofCommand(Jvm jvm) {
    return List.of(
        version(jvm),
        optionsCheck().unknown("only a running Sluice has its options; this command has others"));
  }

  private static Finding version(Jvm jvm) {
    Check check =
        new Check(
            GROUP,
            "version",
            "25, or 21: the releases that get fixes for years",
            "a release in between gets none after six months");
    return check.okIf(
        LONG_TERM.contains(jvm.release()) || jvm.release() > FIRST_WITH_CACHE,
        jvm.version(),
        "install Temurin 25 and point JAVA_HOME at it");
  }

  private static Check optionsCheck() {
    return new Check(
        GROUP,
        "options file",
        "one of jvm-options/, of the JVM's release",
        "without it the collector, the size of the heap and what happens when memory runs out are"
            + " left to chance");
  }

  private Finding options(Jvm jvm) {
    Check check = optionsCheck();
    Optional<String> file = optionsFile();
    String mend =
        "start with ./sluice, or java @jvm-options/jdk%d-small.options -jar sluice.jar"
            .formatted(jvm.release() < FIRST_OF_LATER_OPTIONS ? OLDEST : FIRST_WITH_CACHE);
    if (file.isEmpty()) {
      return check.advice("none", mend);
    }
    boolean older = file.get().contains("jdk21-") && jvm.release() >= FIRST_OF_LATER_OPTIONS;
    return check.okIf(!older, file.get() + (older ? ", which is for an older JVM" : ""), mend);
  }

  /** The first argument file on the command line, before the jar. */
  private Optional<String> optionsFile() {
    return machine.text("proc/self/cmdline").stream()
        .flatMap(line -> Stream.of(line.split("\0", -1)))
        .takeWhile(word -> !word.equals("-jar"))
        .filter(word -> word.startsWith("@"))
        .map(word -> word.substring(1))
        .findFirst();
  }

  private Finding heap(Jvm jvm) {
    Check check =
        new Check(
            GROUP,
            "heap",
            "at most three quarters of the memory, and more than 4 GiB on a machine of 96 GiB",
            "the page cache, buffers and an embedded QuestDB's memory are outside it; a process over"
                + " the limit of its memory is killed");
    OptionalLong memory = memoryBytes();
    if (memory.isEmpty()) {
      return check.unknown(Bytes.text(jvm.maxHeapBytes()) + ", of unknown memory");
    }
    long all = memory.getAsLong();
    String seen = Bytes.text(jvm.maxHeapBytes()) + " of " + Bytes.text(all);
    if (jvm.maxHeapBytes() >= all) {
      return check.broken(seen, "lower -Xmx and -Xms in the options file");
    }
    if (jvm.maxHeapBytes() > MOST_HEAP * all) {
      return check.advice(seen, "lower -Xmx and -Xms in the options file");
    }
    return check.okIf(
        all < BIG_MACHINE_BYTES || jvm.maxHeapBytes() > SMALL_HEAP_BYTES,
        seen,
        "SLUICE_JVM_OPTIONS=big ./sluice serve ...");
  }

  private Finding requests(Jvm jvm) {
    Check check =
        new Check(
            GROUP,
            "memory of requests",
            "ingest.max-inflight-bytes at most a quarter of the heap",
            "connections, stores and their queries need the rest; out of memory, the process ends");
    long asked = config.maxInflightBytes();
    String seen = Bytes.text(asked) + " of " + Bytes.text(jvm.maxHeapBytes());
    String mend = "lower ingest.max-inflight-bytes, or raise -Xmx";
    return asked >= jvm.maxHeapBytes()
        ? check.broken(seen, mend)
        : check.okIf(4 * asked <= jvm.maxHeapBytes(), seen, mend);
  }

  /** Asked for and not reserved, the JVM quietly takes small ones. */
  private Finding hugePages(Jvm jvm) {
    Check check =
        new Check(
            GROUP,
            "huge pages",
            "as many reserved as the heap needs, if the options ask for them",
            "without them the JVM warns once and takes small pages");
    if (jvm.has("-XX:+UseTransparentHugePages")) {
      String mode = machine.text("sys/kernel/mm/transparent_hugepage/enabled").orElse("");
      return check.okIf(
          mode.contains("[madvise]") || mode.contains("[always]"),
          "transparent: " + (mode.isEmpty() ? "not visible here" : mode),
          "echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled");
    }
    if (!jvm.has("-XX:+UseLargePages")) {
      return check.ok("not asked for");
    }
    long pages =
        machine.lines("proc/meminfo").stream()
            .filter(line -> line.startsWith("HugePages_Total:"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D+", "")))
            .findFirst()
            .orElse(0);
    long each = machine.memory("Hugepagesize").orElse(2L << 20);
    return check.okIf(
        pages * each >= jvm.maxHeapBytes(),
        pages + " of " + Bytes.text(each),
        "sudo sysctl -w vm.nr_hugepages="
            + (jvm.maxHeapBytes() / each + jvm.maxHeapBytes() / each / 32 + 1));
  }

  private static Finding cache(Jvm jvm) {
    Check check =
        new Check(
            GROUP,
            "AOT cache",
            "used, with Java 25 and the small options",
            "with it a start takes half the time");
    if (jvm.release() < FIRST_WITH_CACHE) {
      return check.ok("none before Java 25");
    }
    if (jvm.maxHeapBytes() > SMALL_HEAP_BYTES) {
      return check.ok("none for a big heap");
    }
    if (!jvm.hasAotCache()) {
      return check.advice("none", "./sluice --train");
    }
    return check.okIf(
        jvm.sharing(), jvm.sharing() ? "used" : "refused by this JVM", "./sluice --train");
  }

  /** What this process may use: the machine's, or less in a control group. */
  private OptionalLong memoryBytes() {
    OptionalLong machineBytes = machine.memory("MemTotal");
    OptionalLong group = machine.number("sys/fs/cgroup/memory.max");
    return machineBytes.isPresent() && group.isPresent()
        ? OptionalLong.of(Math.min(machineBytes.getAsLong(), group.getAsLong()))
        : machineBytes;
  }
}
