package dev.sluice.doctor;

import dev.sluice.http.tls.TlsConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Settings for the checks: the defaults, unless said otherwise. */
final class Configs {
  private Configs() {}

  static DoctorConfig usual(Path directory) {
    return with(8080, OptionalInt.empty(), directory);
  }

  static DoctorConfig with(int ingestPort, OptionalInt maxConnections, Path directory) {
    return new DoctorConfig(
        doors("127.0.0.1", false, Optional.empty(), ingestPort),
        65_535,
        maxConnections,
        128 << 20,
        disk(directory, 1 << 30, false),
        Optional.empty(),
        Optional.empty());
  }

  /** The defaults of a node in a cluster, whose journal is elsewhere; QuestDB is a server. */
  static DoctorConfig node(boolean ingests, boolean delivers, Path directory) {
    DoctorConfig usual = usual(directory);
    return new DoctorConfig(
        usual.doors(),
        usual.backlog(),
        usual.maxConnections(),
        usual.maxInflightBytes(),
        disk(directory, 0, OptionalLong.empty()),
        usual.udp(),
        Optional.of(new DoctorConfig.Node(ingests, delivers)));
  }

  /** The defaults, and a port for datagrams with a buffer of this size. */
  static DoctorConfig withUdp(int receiveBufferBytes, Path directory) {
    DoctorConfig usual = usual(directory);
    return new DoctorConfig(
        usual.doors(),
        usual.backlog(),
        usual.maxConnections(),
        usual.maxInflightBytes(),
        usual.disk(),
        Optional.of(new DoctorConfig.Udp("127.0.0.1", receiveBufferBytes, false)),
        usual.node());
  }

  /** The defaults, and these two ports beside the usual ones. */
  static DoctorConfig withPorts(int otlpPort, int mqttPort, Path directory) {
    DoctorConfig usual = usual(directory);
    return new DoctorConfig(
        new DoctorConfig.Doors(
            "127.0.0.1",
            8080,
            "127.0.0.1",
            8081,
            OptionalInt.of(otlpPort),
            Optional.of(new DoctorConfig.Mqtt("127.0.0.1", mqttPort)),
            false,
            Optional.empty(),
            Optional.empty()),
        usual.backlog(),
        usual.maxConnections(),
        usual.maxInflightBytes(),
        usual.disk(),
        usual.udp(),
        usual.node());
  }

  static DoctorConfig.Doors doors(
      String host, boolean everybody, Optional<Path> tokens, int ingestPort) {
    return new DoctorConfig.Doors(
        host,
        ingestPort,
        "127.0.0.1",
        8081,
        OptionalInt.empty(),
        Optional.empty(),
        everybody,
        tokens,
        Optional.empty());
  }

  /** With MQTT at this address, in plain text. */
  static DoctorConfig.Doors mqtt(String host, Path tokens) {
    return new DoctorConfig.Doors(
        "127.0.0.1",
        8080,
        "127.0.0.1",
        8081,
        OptionalInt.empty(),
        Optional.of(new DoctorConfig.Mqtt(host, 1883)),
        false,
        Optional.of(tokens),
        Optional.empty());
  }

  /** Loopback, encrypted. */
  static DoctorConfig.Doors encrypted(Path certificate, Path key) {
    return new DoctorConfig.Doors(
        "127.0.0.1",
        8080,
        "127.0.0.1",
        8081,
        OptionalInt.empty(),
        Optional.empty(),
        false,
        Optional.empty(),
        Optional.of(
            new TlsConfig(
                certificate,
                key,
                Optional.empty(),
                TlsConfig.ClientAuth.NONE,
                TlsConfig.Version.TLS_1_2,
                Duration.ofSeconds(10))));
  }

  static DoctorConfig.Disk disk(Path directory, long journalMaxBytes, boolean syncsEachAck) {
    return disk(directory, journalMaxBytes, syncsEachAck, OptionalLong.of(2L << 30));
  }

  static DoctorConfig.Disk disk(Path directory, long journalMaxBytes, OptionalLong stores) {
    return disk(directory, journalMaxBytes, false, stores);
  }

  private static DoctorConfig.Disk disk(
      Path directory, long journalMaxBytes, boolean syncsEachAck, OptionalLong stores) {
    return new DoctorConfig.Disk(
        directory,
        directory.resolve("journal"),
        journalMaxBytes,
        syncsEachAck,
        Duration.ofMillis(50),
        stores);
  }
}
