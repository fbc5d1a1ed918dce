package dev.sluice.doctor;

import dev.sluice.http.tls.TlsConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * The settings that checks compare the machine with.
 *
 * @param doors the ports that are listened on
 * @param backlog {@code ingest.backlog}
 * @param maxConnections {@code http.max-connections}
 * @param maxInflightBytes {@code ingest.max-inflight-bytes}
 * @param disk where data is kept, and how much
 * @param udp where datagrams are received; empty if they are not
 * @param node what this Sluice does of what several do together; empty if it is alone
 */
public record DoctorConfig(
    Doors doors,
    int backlog,
    OptionalInt maxConnections,
    long maxInflightBytes,
    Disk disk,
    Optional<Udp> udp,
    Optional<Node> node) {

  /**
   * {@code node.roles}, of which there is at least one.
   *
   * @param ingests whether it takes readings in
   * @param delivers whether it has the stores, and answers reads
   */
  public record Node(boolean ingests, boolean delivers) {}

  /** Whether requests bring readings here. */
  boolean ingests() {
    return node.isEmpty() || node.get().ingests();
  }

  /**
   * Where datagrams are received.
   *
   * @param host {@code udp.host}
   * @param receiveBufferBytes {@code udp.receive-buffer}
   * @param allows whether {@code udp.allow} names networks
   */
  public record Udp(String host, int receiveBufferBytes, boolean allows) {}

  /**
   * Where MQTT is taken in.
   *
   * @param host {@code mqtt.host}
   * @param port {@code mqtt.port}
   */
  public record Mqtt(String host, int port) {}

  /**
   * Who can reach the ports.
   *
   * @param otlpPort {@code otlp.port}, at the same host as the ingest port; empty if there is none
   * @param mqtt where MQTT is taken in; empty if it is not
   * @param everybody {@code auth.mode=none}
   * @param tokensFile {@code auth.tokens-file}
   * @param tls what encrypts them
   */
  public record Doors(
      String ingestHost,
      int ingestPort,
      String adminHost,
      int adminPort,
      OptionalInt otlpPort,
      Optional<Mqtt> mqtt,
      boolean everybody,
      Optional<Path> tokensFile,
      Optional<TlsConfig> tls) {

    /** All ports that take connections. */
    List<Integer> ports() {
      List<Integer> ports = new ArrayList<>(List.of(ingestPort, adminPort));
      otlpPort.ifPresent(ports::add);
      mqtt.ifPresent(door -> ports.add(door.port()));
      return ports;
    }
  }

  /**
   * Where data is kept.
   *
   * @param directory {@code data.dir}
   * @param journal the journal's folder, below it
   * @param journalMaxBytes {@code journal.max-bytes}; 0 if the journal is elsewhere
   * @param syncsEachAck {@code journal.ack=fsync}
   * @param syncInterval {@code journal.sync-interval}
   * @param storesMinBytes {@code cutover.min-free-bytes}; empty unless a store keeps its files here
   */
  public record Disk(
      Path directory,
      Path journal,
      long journalMaxBytes,
      boolean syncsEachAck,
      Duration syncInterval,
      OptionalLong storesMinBytes) {

    /** Whether the journal is kept here. */
    boolean hasJournal() {
      return journalMaxBytes > 0;
    }

    /** Whether readings are kept here, by the journal or a store. */
    boolean hasReadings() {
      return hasJournal() || storesMinBytes.isPresent();
    }
  }
}
