package dev.sluice.testing;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A real Kafka cluster of one or more brokers, each a process of its own that can be killed and
 * frozen. {@code scripts/fetch-kafka.sh} brings the program. The data is below {@code target}, and
 * goes with the cluster. Confined to one thread.
 */
public final class TestKafka implements AutoCloseable {
  private static final Path FOLDER = Path.of("target", "kafka").toAbsolutePath();
  private static final String CLUSTER = "SluiceTestClusterIdAAA";
  private static final Duration START = Duration.ofMinutes(2);
  private static final AtomicInteger CLUSTERS = new AtomicInteger();

  private static final class Holder {
    static final TestKafka KAFKA = start(1);

    static {
      Runtime.getRuntime().addShutdownHook(new Thread(KAFKA::close));
    }
  }

  /** One process of the cluster. */
  private static final class Broker {
    final int port = TestPorts.free();
    final int controllerPort = TestPorts.free();
    final int proxiedPort = TestPorts.free();
    final TestProxy proxy;
    final Path folder;
    Optional<SmallDisk> disk = Optional.empty();
    Process process;

    Broker(Path folder) {
      this.folder = folder;
      try {
        proxy = new TestProxy("127.0.0.1", proxiedPort);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    Path logs() {
      return disk.map(SmallDisk::folder).orElse(folder).resolve("logs");
    }
  }

  /**
   * Who is let in, and by what the broker is known.
   *
   * @param authority which issues its certificate
   */
  private record Door(TestCertificates authority, String user, String password) {}

  private final Path data;
  private final List<Broker> brokers;
  private final Optional<Door> door;

  /** Whether brokers reach each other through their proxies only. */
  private final boolean proxiedBetween;

  private TestKafka(int size, Optional<Door> door, boolean proxiedBetween) {
    this.door = door;
    this.proxiedBetween = proxiedBetween;
    data =
        FOLDER.resolve("data-" + ProcessHandle.current().pid() + "-" + CLUSTERS.getAndIncrement());
    brokers = IntStream.range(0, size).mapToObj(i -> new Broker(data.resolve("b" + i))).toList();
  }

  /** One broker that all tests of this JVM share; nobody may kill or freeze it. */
  public static TestKafka shared() {
    return Holder.KAFKA;
  }

  /** A cluster of its own; returns when each broker listens. */
  public static TestKafka start(int size) {
    return start(new TestKafka(size, Optional.empty(), false));
  }

  /**
   * A cluster whose brokers reach each other, as clients of {@link #proxiedServers} do, only
   * through a proxy before each of them; what they ask of the controller goes past it. So a broker
   * that is cut off still counts as alive, and leads on: the worst kind of being cut off.
   *
   * @param diskMebibytes so small is the disk of the last one, where this user may have that
   */
  public static TestKafka behindProxies(int size, int diskMebibytes) {
    TestKafka kafka = new TestKafka(size, Optional.empty(), true);
    Broker last = kafka.brokers.getLast();
    try {
      last.disk = SmallDisk.mount(last.folder.resolve("disk"), diskMebibytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return start(kafka);
  }

  /**
   * One broker that encrypts, with a certificate of this authority, and wants a password. Whoever
   * has that may do all that no rule denies.
   */
  public static TestKafka secured(TestCertificates authority, String user, String password) {
    return start(new TestKafka(1, Optional.of(new Door(authority, user, password)), false));
  }

  private static TestKafka start(TestKafka kafka) {
    fetch();
    int size = kafka.brokers.size();
    try {
      for (int i = 0; i < size; i++) {
        kafka.format(i);
      }
      for (int i = 0; i < size; i++) {
        kafka.launch(i);
      }
      for (int i = 0; i < size; i++) {
        kafka.awaitListening(i);
      }
      return kafka;
    } catch (RuntimeException | Error e) {
      kafka.close();
      throw e;
    }
  }

  /** Where clients begin: {@code host:port}, separated by commas. */
  public String servers() {
    return brokers.stream()
        .map(broker -> "127.0.0.1:" + broker.port)
        .collect(Collectors.joining(","));
  }

  /** Where clients begin that reach each broker only through its {@link #proxy(int)}. */
  public String proxiedServers() {
    return brokers.stream()
        .map(broker -> "127.0.0.1:" + broker.proxy.port())
        .collect(Collectors.joining(","));
  }

  /** What lies between a broker and those clients; it may be cut and stalled. */
  public TestProxy proxy(int broker) {
    return brokers.get(broker).proxy;
  }

  /** The disk of a broker that has one of its own, which may be filled. */
  public Optional<SmallDisk> disk(int broker) {
    return brokers.get(broker).disk;
  }

  /** Whether the process of this broker runs. */
  public boolean alive(int broker) {
    return brokers.get(broker).process.isAlive();
  }

  /** What this broker has said. */
  public String log(int broker) {
    return log(brokers.get(broker));
  }

  /** What lies between the cluster, of one broker, and those clients; works again after a test. */
  public TestProxy proxy() {
    return proxy(0);
  }

  /** {@code kill -9}; returns when the process is gone. */
  public void kill(int broker) {
    end(brokers.get(broker));
  }

  /** SIGTERM: the broker syncs what it has, and will not look at it again when it starts. */
  public void stop(int broker) {
    brokers.get(broker).process.destroy();
    waitFor(brokers.get(broker).process);
  }

  /** The folder of one partition on a broker's disk. */
  public Path partition(int broker, String topic, int partition) {
    return brokers.get(broker).logs().resolve(topic + "-" + partition);
  }

  /** Starts a broker that was killed, on its data; returns when it listens. */
  public void restart(int broker) {
    launch(broker);
    awaitListening(broker);
  }

  /** {@code kill -STOP}: the broker keeps its connections and answers nothing. */
  public void freeze(int broker) {
    signal("-STOP", broker);
  }

  /** {@code kill -CONT}. */
  public void thaw(int broker) {
    signal("-CONT", broker);
  }

  @Override
  public void close() {
    brokers.forEach(TestKafka::end);
    try {
      for (Broker broker : brokers) {
        broker.proxy.close();
        broker.disk.ifPresent(SmallDisk::close);
      }
      deleteTree(data);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void end(Broker broker) {
    if (broker.process != null) {
      broker.process.destroyForcibly();
      waitFor(broker.process);
    }
  }

  private void signal(String signal, int broker) {
    try {
      String pid = String.valueOf(brokers.get(broker).process.pid());
      int exit = waitFor(new ProcessBuilder("kill", signal, pid).inheritIO().start());
      if (exit != 0) {
        throw new AssertionError("kill " + signal + " " + pid + " ended with " + exit);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void format(int index) {
    Broker broker = brokers.get(index);
    try {
      Files.createDirectories(broker.folder);
      Properties properties = new Properties();
      settings(index)
          .forEach(line -> {
            int at = line.indexOf('=');
            properties.setProperty(line.substring(0, at), line.substring(at + 1));
          });
      try (var out = Files.newBufferedWriter(broker.folder.resolve("server.properties"))) {
        properties.store(out, null);
      }
      Process format =
          java(broker, "-Xmx128m", "kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c");
      if (waitFor(format) != 0) {
        throw new AssertionError("formatting failed: " + log(broker));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void launch(int index) {
    Broker broker = brokers.get(index);
    try {
      broker.process = java(broker, "-Xmx256m", "kafka.Kafka");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Runs a class of Kafka with the broker's settings as the last argument. */
  private static Process java(Broker broker, String heap, String... words) throws IOException {
    List<String> line = new ArrayList<>();
    line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    line.addAll(
        List.of(
            heap,
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData",
            "--enable-native-access=ALL-UNNAMED",
            "-Djava.io.tmpdir=" + broker.folder,
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            "-cp",
            FOLDER.resolve("lib") + "/*"));
    line.addAll(List.of(words));
    line.add(broker.folder.resolve("server.properties").toString());
    return new ProcessBuilder(line)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(broker.folder.resolve("log").toFile()))
        .start();
  }

  private List<String> settings(int index) {
    Broker broker = brokers.get(index);
    int copies = Math.min(3, brokers.size());
    String voters =
        IntStream.range(0, brokers.size())
            .mapToObj(i -> i + 1 + "@127.0.0.1:" + brokers.get(i).controllerPort)
            .collect(Collectors.joining(","));
    String protocol = door.isPresent() ? "SASL_SSL" : "PLAINTEXT";
    List<String> settings = new ArrayList<>();
    door.ifPresent(there -> settings.addAll(secured(there, broker.folder)));
    settings.addAll(
        List.of(
            "process.roles=broker,controller",
            "node.id=" + (index + 1),
            "controller.quorum.voters=" + voters,
            "listeners=%s://127.0.0.1:%d,PROXIED://127.0.0.1:%d,CONTROLLER://127.0.0.1:%d"
                .formatted(protocol, broker.port, broker.proxiedPort, broker.controllerPort),
            "advertised.listeners=%s://127.0.0.1:%d,PROXIED://127.0.0.1:%d"
                .formatted(protocol, broker.port, broker.proxy.port()),
            "inter.broker.listener.name=" + (proxiedBetween ? "PROXIED" : protocol),
            "controller.listener.names=CONTROLLER",
            "listener.security.protocol.map=%s:%s,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT"
                .formatted(protocol, protocol),
            "log.dirs=" + broker.logs(),
            "auto.create.topics.enable=false",
            "group.initial.rebalance.delay.ms=0",
            "group.min.session.timeout.ms=500",
            "offsets.topic.replication.factor=" + copies,
            "offsets.topic.num.partitions=1",
            "transaction.state.log.replication.factor=" + copies,
            "transaction.state.log.min.isr=" + (copies + 1) / 2,
            "transaction.state.log.num.partitions=1",
            "share.coordinator.state.topic.replication.factor=1",
            "share.coordinator.state.topic.min.isr=1",
            "log.cleaner.dedupe.buffer.size=1048577",
            "log.retention.check.interval.ms=300",
            "log.segment.delete.delay.ms=300",
            "num.network.threads=2",
            "num.io.threads=2",
            "background.threads=2",
            "broker.session.timeout.ms=1500",
            "broker.heartbeat.interval.ms=300",
            "controller.quorum.election.timeout.ms=300"));
    return settings;
  }

  private static List<String> secured(Door door, Path folder) {
    TestCertificates broker = door.authority().issue("broker");
    Path keys =
        TestCertificates.write(folder.resolve("keys.pem"), broker.keyPem() + broker.chainPem());
    Path trusted = door.authority().writeAuthority(folder.resolve("trusted.pem"));
    return List.of(
        "ssl.keystore.type=PEM",
        "ssl.keystore.location=" + keys,
        "ssl.truststore.type=PEM",
        "ssl.truststore.location=" + trusted,
        "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users=User:ANONYMOUS;User:broker",
        "allow.everyone.if.no.acl.found=true",
        "sasl.enabled.mechanisms=PLAIN",
        "sasl.mechanism.inter.broker.protocol=PLAIN",
        ("listener.name.sasl_ssl.plain.sasl.jaas.config="
                + "org.apache.kafka.common.security.plain.PlainLoginModule required"
                + " username=\"broker\" password=\"between\" user_broker=\"between\" user_%s=\"%s\";")
            .formatted(door.user(), door.password()));
  }

  private void awaitListening(int index) {
    Broker broker = brokers.get(index);
    await()
        .atMost(START)
        .pollInterval(Duration.ofMillis(50))
        .until(() -> {
          if (!broker.process.isAlive()) {
            throw new AssertionError("broker " + index + " ended: " + log(broker));
          }
          return listens(broker.port);
        });
  }

  private static boolean listens(int port) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1_000);
      return true;
    } catch (IOException notYet) {
      return false;
    }
  }

  private static String log(Broker broker) {
    try {
      return Files.readString(broker.folder.resolve("log"));
    } catch (IOException e) {
      return e.toString();
    }
  }

  private static void fetch() {
    try {
      Files.createDirectories(FOLDER);
      try (FileChannel file =
              FileChannel.open(
                  FOLDER.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock held = file.lock()) {
        assert held.isValid();
        deleteLeftovers();
        int exit = waitFor(new ProcessBuilder("scripts/fetch-kafka.sh").inheritIO().start());
        if (exit != 0) {
          throw new AssertionError("scripts/fetch-kafka.sh ended with " + exit);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Data of test JVMs that were killed. */
  private static void deleteLeftovers() throws IOException {
    try (Stream<Path> entries = Files.list(FOLDER)) {
      for (Path entry : entries.toList()) {
        String name = entry.getFileName().toString();
        if (name.startsWith("data-")
            && ProcessHandle.of(Long.parseLong(name.split("-", -1)[1])).isEmpty()) {
          SmallDisk.unmountBelow(entry);
          deleteTree(entry);
        }
      }
    }
  }

  private static int waitFor(Process process) {
    try {
      return process.waitFor();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static void deleteTree(Path root) throws IOException {
    if (!Files.exists(root)) {
      return;
    }
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }
}
