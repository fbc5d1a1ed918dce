package dev.sluice.store.questdb.engine;

import io.questdb.cutlass.http.HttpAuthenticator;
import io.questdb.cutlass.http.HttpRequestHeader;
import io.questdb.std.str.DirectUtf8Sequence;
import io.questdb.std.str.Utf8String;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Lets a request in that has the console's user and password (HTTP Basic), names this machine as
 * its host, and was not made by another site's page: a browser that knows the password sends it
 * with such requests, too. The engine asks before every query, export and import; the files of its
 * page are the same everywhere, and for everyone.
 */
final class ConsoleAuthenticator implements HttpAuthenticator {
  private static final Utf8String AUTHORIZATION = new Utf8String("Authorization");
  private static final Utf8String HOST = new Utf8String("Host");
  private static final Utf8String ORIGIN = new Utf8String("Origin");
  private static final Utf8String SITE = new Utf8String("Sec-Fetch-Site");

  private static final Set<String> OWN_SITE = Set.of("same-origin", "none");

  /** The names under which loopback is reached, through a tunnel on another port too. */
  private static final Pattern LOOPBACK =
      Pattern.compile("(localhost|127(\\.[0-9]{1,3}){3}|\\[::1])(:[0-9]{1,5})?");

  private final ConsoleLogin login;
  private final byte[] expected;

  ConsoleAuthenticator(ConsoleLogin login) {
    this.login = login;
    String pair = login.user() + ":" + login.password();
    String basic = Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
    this.expected = ("Basic " + basic).getBytes(StandardCharsets.US_ASCII);
  }

  @Override
  public boolean authenticate(HttpRequestHeader request) {
    return isForHere(request) && isFromHere(request) && hasPassword(request);
  }

  /** A name that merely resolves to this machine would make another site's page the same origin. */
  private static boolean isForHere(HttpRequestHeader request) {
    String host = header(request, HOST);
    return host == null || LOOPBACK.matcher(host.toLowerCase(Locale.ROOT)).matches();
  }

  private static boolean isFromHere(HttpRequestHeader request) {
    String site = header(request, SITE);
    String origin = header(request, ORIGIN);
    return (site == null || OWN_SITE.contains(site))
        && (origin == null || origin.equals("http://" + header(request, HOST)));
  }

  private boolean hasPassword(HttpRequestHeader request) {
    String sent = header(request, AUTHORIZATION);
    return sent != null && MessageDigest.isEqual(expected, sent.getBytes(StandardCharsets.UTF_8));
  }

  private static @Nullable String header(HttpRequestHeader request, Utf8String name) {
    DirectUtf8Sequence value = request.getHeader(name);
    return value == null ? null : value.toString();
  }

  @Override
  public CharSequence getPrincipal() {
    return login.user();
  }
}
