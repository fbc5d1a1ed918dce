package dev.sluice.doctor;

import java.lang.management.ManagementFactory;
import java.util.List;

/**
 * The virtual machine that runs a server.
 *
 * @param release 21, 25
 * @param version in full
 * @param maxHeapBytes most bytes of the heap
 * @param arguments its options
 * @param sharing whether it took classes from an archive, the AOT cache or its own
 */
record Jvm(
    int release, String version, long maxHeapBytes, List<String> arguments, boolean sharing) {

  /** The one that runs this. */
  static Jvm here() {
    return new Jvm(
        Runtime.version().feature(),
        Runtime.version().toString(),
        Runtime.getRuntime().maxMemory(),
        ManagementFactory.getRuntimeMXBean().getInputArguments(),
        System.getProperty("java.vm.info", "").contains("sharing"));
  }

  boolean has(String option) {
    return arguments.contains(option);
  }

  boolean hasAotCache() {
    return arguments.stream().anyMatch(option -> option.startsWith("-XX:AOTCache="));
  }
}
