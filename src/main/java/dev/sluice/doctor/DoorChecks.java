package dev.sluice.doctor;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Who can reach the two ports, and who can read the tokens. */
final class DoorChecks {
  private static final Set<PosixFilePermission> OWNERS =
      Set.of(
          PosixFilePermission.OWNER_READ,
          PosixFilePermission.OWNER_WRITE,
          PosixFilePermission.OWNER_EXECUTE);

  private static final String GROUP = "doors";

  private final DoctorConfig.Doors config;

  DoorChecks(DoctorConfig.Doors config) {
    this.config = config;
  }

  List<Finding> findings() {
    List<Finding> findings = new ArrayList<>();
    findings.add(binding("ingest.host", config.ingestHost()));
    findings.add(binding("admin.host", config.adminHost()));
    config.tokensFile().ifPresent(file -> findings.add(tokens(file)));
    return findings;
  }

  private Finding binding(String key, String host) {
    Check check =
        new Check(
            GROUP,
            key,
            "loopback, or tokens for everybody else",
            "whoever reaches the port may send readings, or flip the stores");
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

  private static Finding tokens(Path file) {
    Check check =
        new Check(
            GROUP,
            "auth.tokens-file",
            "mode 600: nobody but its owner",
            "hashes of tokens can be guessed offline, and whoever may write the file lets himself"
                + " in");
    String mend = "chmod 600 " + file;
    try {
      Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
      String seen = PosixFilePermissions.toString(permissions) + " " + file;
      if (!Files.isReadable(file)) {
        return check.broken(seen + ", which this user may not read", "chown it to Sluice's user");
      }
      if (permissions.contains(PosixFilePermission.OTHERS_WRITE)
          || permissions.contains(PosixFilePermission.GROUP_WRITE)) {
        return check.broken(seen, mend);
      }
      return check.okIf(OWNERS.containsAll(permissions), seen, mend);
    } catch (UnsupportedOperationException e) {
      return check.unknown("this file system has no modes");
    } catch (IOException e) {
      return check.broken(file + " cannot be read: " + e, "create it, or set auth.tokens-file");
    }
  }
}
