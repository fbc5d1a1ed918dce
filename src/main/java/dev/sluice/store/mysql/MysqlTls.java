package dev.sluice.store.mysql;

import com.mysql.cj.conf.ConnectionUrl;
import com.mysql.cj.conf.HostInfo;
import com.mysql.cj.exceptions.CJException;
import java.security.cert.CertificateException;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * {@code mysql.tls}: how the connections to MySQL are encrypted. The constants stand for values of
 * Connector/J's {@code sslMode}.
 */
public enum MysqlTls {
  /** Encrypted, and only to a server whose certificate is trusted and names its host. */
  VERIFY("VERIFY_IDENTITY"),
  /** Encrypted, to whoever answers. */
  ENCRYPT("REQUIRED"),
  OFF("DISABLED");

  /** The driver's properties by which a URL may decide for itself; old and new names. */
  private static final Pattern OWN_WORDS =
      Pattern.compile("(?i)[?&,(](sslMode|useSSL|requireSSL|verifyServerCertificate)=");

  private static final Pattern LOOPBACK =
      Pattern.compile("(?i)localhost|127(\\.\\d{1,3}){3}|\\[?::1]?");

  private final String sslMode;

  MysqlTls(String sslMode) {
    this.sslMode = sslMode;
  }

  /** Whether the URL itself says how to encrypt. */
  public static boolean isIn(String url) {
    return OWN_WORDS.matcher(url).find();
  }

  /**
   * The URL with what this setting means. Not set, it is {@link #VERIFY} for a server elsewhere,
   * and for one on this machine what the driver does by itself: encrypt if the server can.
   *
   * @param asked {@code mysql.tls}; not together with a URL that says it itself
   */
  public static String into(String url, Optional<MysqlTls> asked) {
    if (isIn(url) || (asked.isEmpty() && isOnThisMachine(url))) {
      return url;
    }
    return url
        + (url.contains("?") ? "&" : "?")
        + "sslMode="
        + asked.orElse(MysqlTls.VERIFY).sslMode;
  }

  /**
   * What to do about a connection that failed because of a certificate or encryption; else empty.
   */
  static String advice(@Nullable Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof SSLException
          || cause instanceof CertificateException
          || String.valueOf(cause.getMessage()).contains("SSL Connection required")) {
        return "let Sluice trust the authority of MySQL's certificate, or set mysql.tls to encrypt or"
            + " off (docs/security.md, The way to MySQL)";
      }
    }
    return "";
  }

  private static boolean isOnThisMachine(String url) {
    try {
      return ConnectionUrl.getConnectionUrlInstance(url, null).getHostsList().stream()
          .map(HostInfo::getHost)
          .allMatch(host -> LOOPBACK.matcher(host).matches());
    } catch (CJException e) {
      return false; // The driver says what is wrong with it when it connects.
    }
  }
}
