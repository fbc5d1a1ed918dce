package dev.sluice.doctor;

import dev.sluice.http.auth.TokensFile;
import dev.sluice.http.auth.TokensFileException;
import dev.sluice.http.auth.TokensFileException.Fault;
import dev.sluice.http.tls.Tls;
import dev.sluice.http.tls.TlsConfig;
import dev.sluice.http.tls.UnusableException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Who can reach the ports, and who can read the tokens; how long the certificate is valid. */
final class DoorChecks {
  private static final String GROUP = "doors";

  /** As the alert of docker/alerts.yml. */
  private static final Duration SOON = Duration.ofDays(14);

  private final DoctorConfig.Doors config;
  private final Optional<DoctorConfig.Udp> udp;
  private final InstantSource clock;

  DoorChecks(DoctorConfig.Doors config, Optional<DoctorConfig.Udp> udp, InstantSource clock) {
    this.config = config;
    this.udp = udp;
    this.clock = clock;
  }

  List<Finding> findings() {
    List<Finding> findings = new ArrayList<>();
    findings.add(binding("ingest.host", config.ingestHost()));
    findings.add(binding("admin.host", config.adminHost()));
    udp.ifPresent(door -> findings.add(datagrams(door)));
    config
        .mqtt()
        .ifPresent(mqtt -> {
          findings.add(binding("mqtt.host", mqtt.host()));
          findings.add(plainText(mqtt.host()));
        });
    config.tls().ifPresent(tls -> findings.add(certificate(tls)));
    config.tokensFile().ifPresent(file -> findings.add(tokens(file)));
    return findings;
  }

  private Finding binding(String key, String host) {
    Check check =
        new Check(
            GROUP,
            key,
            "loopback, or tokens for everybody else",
            "whoever reaches the port may send or read readings, or flip the stores");
    try {
      if (InetAddress.getByName(host).isLoopbackAddress()) {
        return check.ok(host);
      }
    } catch (UnknownHostException e) {
      return check.broken(host + ", which is no address of this machine", "set " + key);
    }
    if (config.everybody()) {
      return check.advice(
          host + ", with auth.mode=none", "set auth.tokens-file and remove auth.mode=none");
    }
    return config.tokensFile().isPresent()
        ? check.ok(host + ", with tokens")
        : check.broken(host + ", without tokens: Sluice refuses to start", "set auth.tokens-file");
  }

  private Finding datagrams(DoctorConfig.Udp door) {
    Check check =
        new Check(
            GROUP,
            "udp.host",
            "loopback, or networks in udp.allow",
            "datagrams carry no token: whoever reaches the port may send readings of any device");
    try {
      if (InetAddress.getByName(door.host()).isLoopbackAddress()) {
        return check.ok(door.host());
      }
    } catch (UnknownHostException e) {
      return check.broken(door.host() + ", which is no address of this machine", "set udp.host");
    }
    if (door.allows()) {
      return check.ok(door.host() + ", with udp.allow");
    }
    String mend = "set udp.allow to the networks that may send";
    return config.everybody()
        ? check.advice(door.host() + ", with auth.mode=none", mend)
        : check.broken(door.host() + ", without udp.allow: Sluice refuses to start", mend);
  }

  /** A token is the password of a CONNECT, and most devices send it in the clear unless told. */
  private Finding plainText(String host) {
    Check check =
        new Check(
            GROUP,
            "mqtt without TLS",
            "loopback, or encrypted",
            "whoever sees the network sees every token and every reading");
    return check.okIf(
        config.tls().isPresent() || isLoopback(host),
        config.tls().isPresent() ? host + ", encrypted" : host + ", in plain text",
        "set tls.cert and tls.key, or mqtt.host=127.0.0.1 behind a broker that encrypts");
  }

  private static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }

  private Finding certificate(TlsConfig tls) {
    Check check =
        new Check(
            GROUP,
            "tls.cert",
            "valid for %d days more, with its own key, mode 600".formatted(SOON.toDays()),
            "clients do not connect to a server whose certificate has expired");
    String renew =
        "put a new certificate into %s and its key into %s".formatted(tls.certificate(), tls.key());
    try {
      Instant end = Tls.notAfter(tls);
      Duration left = Duration.between(clock.instant(), end);
      return left.isNegative()
          ? check.broken("expired at " + end, renew)
          : check.okIf(left.compareTo(SOON) >= 0, "valid until " + end, renew);
    } catch (UnusableException e) {
      return check.broken(String.valueOf(e.getMessage()), renew);
    }
  }

  private static Finding tokens(Path file) {
    Check check =
        new Check(
            GROUP,
            "auth.tokens-file",
            "mode 600, and owned by Sluice's user or root",
            "whoever may write the file lets himself in, and Sluice refuses it; whoever may read it"
                + " sees who has which rights");
    try {
      boolean readByOthers = TokensFile.requireUsable(file);
      return check.okIf(
          !readByOthers,
          file + (readByOthers ? ", which others than its owner may read" : ""),
          "chmod 600 " + file);
    } catch (TokensFileException e) {
      return check.broken(String.valueOf(e.getMessage()), mend(e.fault(), file));
    } catch (IOException e) {
      return check.broken(
          file + " cannot be read: " + e,
          "create it with sluice tokens add, let Sluice's user read it, or set auth.tokens-file");
    }
  }

  private static String mend(Fault fault, Path file) {
    return switch (fault) {
      case MODE -> "chmod 600 " + file;
      case OWNER -> "chown it to Sluice's user";
      case EMPTY -> "sluice tokens add NAME --scopes write --file " + file;
      case UNREADABLE, SIZE, CUT, LINE -> "put the file right; sluice tokens check says if it is";
    };
  }
}
