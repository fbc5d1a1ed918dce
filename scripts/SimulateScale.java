import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Reckons what several Sluices with their journal in Kafka carry, from what one reading costs on one machine, and what is used
 * up first. Nothing is run: it is arithmetic, and its figures are as good as those it is given.
 *
 * <pre>java scripts/SimulateScale.java [RESULTS.csv] [NAME=NUMBER]...</pre>
 *
 * The file is one that bench/compare.sh kafka-batch kafka-single has written; its medians replace the defaults, and what is
 * given by name replaces both. All names and values are printed first.
 */
final class SimulateScale {
  private static final double MICROS = 1e6;
  private static final double GBIT = 1e9 / 8;
  private static final int[] NODES = {4, 16, 64};

  private final Map<String, Double> given = new LinkedHashMap<>();

  private SimulateScale() {
    // What a reading costs, in microseconds of a processor, and bytes.
    given.put("single.ingest-us", 14.0);
    given.put("batch.ingest-us", 0.19);
    given.put("node.record-us", 86.0);
    given.put("node.reading-us", 0.39);
    given.put("broker.record-us", 32.0);
    given.put("broker.reading-us", 0.1);
    given.put("topic.record-bytes", 114.0);
    given.put("topic.reading-bytes", 15.7);
    // What one delivery writes to a store, a second (docs/capacity.md).
    given.put("questdb.readings-per-second", 3e6);
    given.put("mysql.readings-per-second", 87e3);
    // How many nodes share the delivery; more than one is reckoned only as far as the one QuestDB server keeps up.
    given.put("delivery.nodes", 1.0);
    // The machines.
    given.put("node.cores", 16.0);
    given.put("node.gbit", 25.0);
    given.put("node.heap-gib", 24.0);
    given.put("broker.cores", 16.0);
    given.put("broker.gbit", 25.0);
    given.put("broker.disk-mb-per-second", 1_000.0);
    given.put("usable", 2.0 / 3);
    given.put("nodes-a-broker", 2.0);
    // The topic.
    given.put("replication", 3.0);
    given.put("readers", 3.0);
    given.put("linger-ms", 10.0);
    // A request of one reading on the wire, both ways together, with headers of TCP and IP.
    given.put("single.wire-bytes", 600.0);
    given.put("batch.wire-bytes", 60.0);
  }

  public static void main(String[] arguments) throws IOException {
    SimulateScale scale = new SimulateScale();
    for (String argument : arguments) {
      int equals = argument.indexOf('=');
      if (equals < 0) {
        scale.take(Results.read(Path.of(argument)));
      } else if (scale.given.replace(
              argument.substring(0, equals), Double.valueOf(argument.substring(equals + 1)))
          == null) {
        throw new IllegalArgumentException(argument + ": there are " + scale.given.keySet());
      }
    }
    scale.print();
  }

  /** Medians of the measured rows. */
  private record Results(Map<String, Double> medians) {
    static Results read(Path file) throws IOException {
      Map<String, List<Double>> all = new LinkedHashMap<>();
      try (Stream<String> lines = Files.lines(file, UTF_8)) {
        lines
            .skip(1)
            .map(line -> line.split(",", -1))
            .forEach(row -> {
              add(all, row[0] + "," + row[1] + "," + row[4], row[3]);
              add(all, row[0] + "," + row[1] + "," + row[4] + ",cpu", row[5]);
            });
      }
      Map<String, Double> medians = new LinkedHashMap<>();
      all.forEach((key, values) -> {
        values.sort(Comparator.naturalOrder());
        int half = values.size() / 2;
        medians.put(
            key,
            values.size() % 2 == 1
                ? values.get(half)
                : (values.get(half - 1) + values.get(half)) / 2);
      });
      return new Results(medians);
    }

    private static void add(Map<String, List<Double>> all, String key, String value) {
      if (!value.isEmpty()) {
        all.computeIfAbsent(key, none -> new ArrayList<>()).add(Double.valueOf(value));
      }
    }

    double of(String key) {
      Double value = medians.get(key);
      if (value == null) {
        throw new IllegalArgumentException("the results have no " + key);
      }
      return value;
    }
  }

  /**
   * What Kafka adds is taken to be a cost of each record and one of each reading in it; the two works differ in readings a
   * record by a factor of a hundred, so they tell both. In the node's share are its readers, which another node has where roles
   * are divided.
   */
  private void take(Results results) {
    double few = results.of("kafka-single,kafka-broker,readings a record");
    double many = results.of("kafka-batch,kafka-broker,readings a record");
    divide("node", "us", few, nodesShare(results, "single"), many, nodesShare(results, "batch"));
    String broker = ",kafka-broker,CPU s per million readings";
    divide("broker", "us", few, results.of("kafka-single" + broker), many, results.of("kafka-batch" + broker));
    String topic = ",kafka-broker,bytes a reading in the topic";
    divide("topic", "bytes", few, results.of("kafka-single" + topic), many, results.of("kafka-batch" + topic));
  }

  private static double nodesShare(Results results, String kind) {
    return results.of("kafka-" + kind + ",sluice-kafka,readings/s,cpu")
        - results.of("kafka-" + kind + ",sluice,readings/s,cpu");
  }

  /** What a reading costs in records of few and of many is a share of its record's, and its own. */
  private void divide(String whose, String unit, double few, double costOfFew, double many, double costOfMany) {
    double record = (costOfFew - costOfMany) / (1 / few - 1 / many);
    given.put(whose + ".record-" + unit, record);
    given.put(whose + ".reading-" + unit, Math.max(0, costOfMany - record / many));
  }

  private double of(String name) {
    Double value = given.get(name);
    if (value == null) {
      throw new AssertionError(name);
    }
    return value;
  }

  private void print() {
    given.forEach((name, value) -> System.out.printf(Locale.ROOT, "%-30s %.6g%n", name, value));
    for (String kind : List.of("single", "batch")) {
      System.out.printf(
          Locale.ROOT,
          "%n%s%n| ingest nodes | brokers | partitions | nodes' processors | nodes' network | brokers' processors | brokers' network |"
              + " brokers' disks | acknowledged | used up first | to QuestDB |%n|---|---|---|---|---|---|---|---|---|---|---|%n",
          kind.equals("single")
              ? "One reading a POST, readings a second:"
              : "1,000 readings a POST, readings a second:");
      for (int nodes : NODES) {
        System.out.println(new Cluster(nodes, brokersFor(nodes)).row(kind));
      }
    }
    for (double linger : new double[] {2, 10, 50}) {
      given.put("linger-ms", linger);
      printLayout();
    }
  }

  private int brokersFor(int nodes) {
    return Math.max((int) of("replication"), (int) Math.ceil(nodes / of("nodes-a-broker")));
  }

  /** So many partitions that each broker leads two, and at least the default: more make smaller records. */
  private static int partitions(int brokers) {
    return Math.max(12, 2 * brokers);
  }

  /** Ingest nodes and brokers, and the most readings a second that each part of them allows. */
  private final class Cluster {
    private final int nodes;
    private final int brokers;
    private final int partitions;

    Cluster(int nodes, int brokers) {
      this.nodes = nodes;
      this.brokers = brokers;
      this.partitions = partitions(brokers);
    }

    /**
     * A node sends at most one record of a partition each linger, so at this rate, so many readings share one. A request of
     * many lines is divided by partition, and so is each of its frames.
     */
    double readingsARecord(double rate) {
      double most = nodes * (double) partitions * 1_000 / Math.max(0.1, of("linger-ms"));
      return Math.clamp(rate / most, 1, 8_000);
    }

    double topicBytes(double rate) {
      return of("topic.record-bytes") / readingsARecord(rate) + of("topic.reading-bytes");
    }

    double brokerMicros(double rate) {
      return of("replication")
          * (of("broker.record-us") / readingsARecord(rate) + of("broker.reading-us"));
    }

    double nodeMicros(String kind, double rate) {
      return of(kind + ".ingest-us")
          + of("node.record-us") / readingsARecord(rate)
          + of("node.reading-us");
    }

    /** What a broker's card carries, in the direction that has more: a copy in, or copies and readers out. */
    double brokerNetworkBytes(double rate) {
      return topicBytes(rate)
          * Math.max(of("replication"), of("replication") - 1 + of("readers"));
    }

    double[] limits(String kind) {
      double usable = of("usable");
      double network = of("broker.gbit") * GBIT * usable * brokers;
      double disk = of("broker.disk-mb-per-second") * 1e6 * usable * brokers;
      double processors = of("broker.cores") * MICROS * usable * brokers;
      return new double[] {
        solve(rate -> of("node.cores") * MICROS * usable * nodes / nodeMicros(kind, rate)),
        of("node.gbit") * GBIT * usable * nodes / of(kind + ".wire-bytes"),
        solve(rate -> processors / brokerMicros(rate)),
        solve(rate -> network / brokerNetworkBytes(rate)),
        solve(rate -> disk / (topicBytes(rate) * of("replication")))
      };
    }

    String row(String kind) {
      String[] names = {
        "nodes' processors",
        "nodes' network",
        "brokers' processors",
        "brokers' network",
        "brokers' disks"
      };
      double[] limits = limits(kind);
      int first = 0;
      for (int i = 1; i < limits.length; i++) {
        first = limits[i] < limits[first] ? i : first;
      }
      StringBuilder row = new StringBuilder();
      row.append("| ").append(nodes).append(" | ").append(brokers).append(" | ").append(partitions);
      for (double limit : limits) {
        row.append(" | ").append(text(limit));
      }
      double delivered =
          Math.min(
              limits[first], of("questdb.readings-per-second") * of("delivery.nodes"));
      row.append(" | **").append(text(limits[first])).append("** | ").append(names[first]);
      row.append(" | ").append(text(delivered)).append(" |");
      return row.toString();
    }
  }

  /** A limit that depends on the rate at which it is reached. */
  @FunctionalInterface
  private interface LimitAt {
    double limit(double rate);
  }

  /** The rate that is its own limit: more readings a second share records, so the limit grows with the rate, but slower. */
  private static double solve(LimitAt allowed) {
    double low = 1;
    double high = 1e10;
    for (int i = 0; i < 100; i++) {
      double middle = Math.sqrt(low * high);
      if (allowed.limit(middle) >= middle) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Ten million sensors with a connection each, a POST of one reading every five seconds. */
  private void printLayout() {
    double rate = 2e6;
    double sensors = 10e6;
    int nodes = 2;
    int brokers = (int) of("replication");
    double connections = of("node.heap-gib") * (1 << 20) / 48;
    boolean enough = false;
    while (!enough) {
      double[] limits = new Cluster(nodes, brokers).limits("single");
      boolean fewNodes =
          limits[0] < rate || limits[1] < rate || nodes * connections < sensors;
      boolean fewBrokers = least(limits, 2) < rate;
      nodes += fewNodes ? 1 : 0;
      brokers += fewBrokers ? 1 : 0;
      enough = !fewNodes && !fewBrokers;
    }
    nodes++; // one may be away
    brokers++;
    Cluster cluster = new Cluster(nodes, brokers);
    double bytes = cluster.topicBytes(rate) * rate;
    System.out.printf(
        Locale.ROOT,
        "%n2,000,000 POSTs of one reading a second from 10,000,000 sensors with a connection each, linger %.0f ms:%n"
            + "ingest nodes            %d, one of them spare: processors for %.1f, connections for %.1f at 48 KiB of heap each%n"
            + "connections a node      %s (with one away), %.0f GiB of heap%n"
            + "brokers                 %d, one of them spare: processors %.1f cores of all%n"
            + "partitions              %d, %.1f readings a record%n"
            + "network of a node       %.1f Gbit/s, %s packets/s%n"
            + "network of a broker     %.2f Gbit/s%n"
            + "disk of a broker        %.0f MB/s written, %.0f GB for an hour that a store is away%n"
            + "balancers               %.0f addresses to connect from, with 60,000 ports to each node; none if packets are passed on%n"
            + "delivery to QuestDB     %.0f %% of what one delivery writes%n"
            + "delivery to MySQL       %.0f servers' worth: it falls behind, see the cutover%n",
        of("linger-ms"),
        nodes,
        cluster.nodeMicros("single", rate) * rate / MICROS / of("usable") / of("node.cores"),
        sensors / connections,
        text(sensors / (nodes - 1)),
        sensors / (nodes - 1) * 48 / (1 << 20),
        brokers,
        cluster.brokerMicros(rate) * rate / MICROS,
        cluster.partitions,
        cluster.readingsARecord(rate),
        rate * of("single.wire-bytes") / GBIT / (nodes - 1),
        text(4 * rate / (nodes - 1)),
        cluster.brokerNetworkBytes(rate) * rate / GBIT / (brokers - 1),
        bytes * of("replication") / (brokers - 1) / 1e6,
        bytes * 3_600 * of("replication") / (brokers - 1) / 1e9,
        Math.ceil(sensors / (60_000.0 * (nodes - 1))),
        100 * rate / of("questdb.readings-per-second"),
        rate / of("mysql.readings-per-second"));
  }

  private static double least(double[] values, int from) {
    double least = values[from];
    for (int i = from; i < values.length; i++) {
      least = Math.min(least, values[i]);
    }
    return least;
  }

  private static String text(double number) {
    if (number >= 1e6) {
      return String.format(Locale.ROOT, number >= 1e7 ? "%.0f M" : "%.1f M", number / 1e6);
    }
    return String.format(Locale.ROOT, "%.0f k", number / 1e3);
  }
}
