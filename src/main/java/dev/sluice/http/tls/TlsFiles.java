package dev.sluice.http.tls;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;

/**
 * What the files hold at one moment. Two of them are equal if the files have not changed in
 * between, however they were replaced. Has no text form, because it holds a key.
 */
final class TlsFiles {
  private static final boolean HAS_MODES =
      FileSystems.getDefault().supportedFileAttributeViews().contains("unix");
  private static final long MOST_BYTES = 1 << 20;
  private static final int ROOT = 0;
  private static final Set<PosixFilePermission> OTHERS =
      PosixFilePermissions.fromString("------rwx");
  private static final Set<PosixFilePermission> GROUP =
      PosixFilePermissions.fromString("---rwx---");

  private final String certificate;
  private final String key;
  private final String clientCa;

  private TlsFiles(String certificate, String key, String clientCa) {
    this.certificate = certificate;
    this.key = key;
    this.clientCa = clientCa;
  }

  /**
   * Reads them.
   *
   * @throws UnusableException if one cannot be read, or if others may read the key
   */
  static TlsFiles read(TlsConfig config) throws UnusableException {
    requirePrivate(config.key());
    return new TlsFiles(
        text("tls.cert", config.certificate()),
        text("tls.key", config.key()),
        config.clientCa().isPresent() ? text("tls.client-ca", config.clientCa().get()) : "");
  }

  String certificate() {
    return certificate;
  }

  String key() {
    return key;
  }

  String clientCa() {
    return clientCa;
  }

  boolean same(TlsFiles other) {
    return certificate.equals(other.certificate)
        && key.equals(other.key)
        && clientCa.equals(other.clientCa);
  }

  /**
   * Refuses a key that anyone but this user may use. A group may read a key that root owns: that is
   * how distributions and Kubernetes share one with the services that need it.
   */
  static void requirePrivate(Path key) throws UnusableException {
    if (!HAS_MODES) {
      return;
    }
    try {
      Set<PosixFilePermission> mode = Files.getPosixFilePermissions(key);
      boolean rootLendsIt = uid(key) == ROOT && uid(Path.of("/proc/self")) != ROOT;
      Set<PosixFilePermission> refused = EnumSet.copyOf(OTHERS);
      refused.addAll(GROUP);
      if (rootLendsIt) {
        refused.remove(PosixFilePermission.GROUP_READ);
      }
      refused.retainAll(mode);
      if (!refused.isEmpty()) {
        throw new UnusableException(
            "tls.key %s has mode %s, so others than its owner may use it: chmod 600 %s"
                .formatted(key, PosixFilePermissions.toString(mode), key));
      }
    } catch (IOException e) {
      throw new UnusableException("tls.key cannot be read (" + e + "): does it exist?", e);
    }
  }

  private static int uid(Path file) throws IOException {
    return (Integer) Files.getAttribute(file, "unix:uid");
  }

  private static String text(String setting, Path file) throws UnusableException {
    try {
      long bytes = Files.size(file);
      if (bytes > MOST_BYTES) {
        throw new UnusableException(
            "%s %s has %d bytes, allowed are %d: it is no PEM file of this purpose"
                .formatted(setting, file, bytes, MOST_BYTES));
      }
      return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UnusableException(
          "%s cannot be read (%s): let this user read it, or set another".formatted(setting, e), e);
    }
  }
}
