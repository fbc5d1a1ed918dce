package dev.sluice.http.auth;

import dev.sluice.http.ErrorAnswer;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Lets a request through only if its sender has a scope that the route asks for, and says who that
 * is. Thread-safe. Tokens are never logged and never appear in an answer.
 *
 * <p>A token that is sent decides, even if it is wrong; the certificate of the connection counts
 * only for a request without one.
 */
public final class TokenAuth {
  private static final Header CHALLENGE =
      HeaderValues.createCached(
          HeaderNames.WWW_AUTHENTICATE, "Bearer realm=\"sluice\", Basic realm=\"sluice\"");

  /** Of a header that no token can be read from; it is still not a request without one. */
  private static final List<String> UNREADABLE = List.of("");

  /** The tokens valid now; absent if everyone may come in. */
  private final @Nullable TokensFile file;

  private final AddressClients addresses = new AddressClients();
  private final CertificateHashes certificates = new CertificateHashes();

  private TokenAuth(@Nullable TokensFile file) {
    this.file = file;
  }

  /**
   * Creates the check that the settings ask for: tokens from the file, or everyone.
   *
   * @throws IOException if the tokens file cannot be read
   * @throws IllegalArgumentException if tokens are required but no file is set, or if a line of the
   *     file is wrong
   */
  public static TokenAuth of(AuthConfig config) throws IOException {
    if (config.lacksTokensFile()) {
      throw new IllegalArgumentException(
          "auth.mode is tokens, but auth.tokens-file is not set: name the file that holds them");
    }
    return config.wantsTokens()
        ? new TokenAuth(new TokensFile(config.tokensFile().orElseThrow()))
        : everybody();
  }

  /** Lets every request through; its client is the address it comes from. */
  public static TokenAuth everybody() {
    return new TokenAuth(null);
  }

  /**
   * Wraps {@code next} so that it handles only requests whose client has at least one of these
   * scopes.
   */
  public Handler require(Handler next, Scope first, Scope... others) {
    return file == null
        ? next
        : require((client, request, response) -> next.handle(request, response), first, others);
  }

  /**
   * Wraps {@code next} so that it handles only requests whose client has at least one of these
   * scopes, and learns who that is.
   */
  public Handler require(ClientHandler next, Scope first, Scope... others) {
    TokensFile tokens = file;
    if (tokens == null) {
      return (request, response) -> next.handle(addresses.of(request), request, response);
    }
    Set<Scope> allowed = EnumSet.of(first, others);
    return (request, response) -> {
      Client client = client(request, tokens.tokens());
      if (client == null) {
        response.header(CHALLENGE);
        ErrorAnswer.send(
            request,
            response,
            Status.UNAUTHORIZED_401,
            "no valid token: send Authorization: Bearer <token>");
      } else if (Collections.disjoint(client.scopes(), allowed)) {
        ErrorAnswer.send(
            request,
            response,
            Status.FORBIDDEN_403,
            "this token has scope " + words(client.scopes()) + ", needed is " + words(allowed));
      } else {
        next.handle(client, request, response);
      }
    };
  }

  /** The client that a request belongs to; null if it belongs to none. */
  private @Nullable Client client(ServerRequest request, Tokens tokens) {
    List<String> candidates = candidates(request);
    if (candidates.isEmpty()) {
      Sha256 certificate = certificates.of(request);
      return certificate == null ? null : tokens.ofCertificate(certificate);
    }
    for (String token : candidates) {
      Client client = token.isEmpty() ? null : tokens.ofToken(token);
      if (client != null) {
        return client;
      }
    }
    return null;
  }

  /**
   * Where clients put a token: the header, in three schemes, or the password parameter of version 1
   * of the InfluxDB API. Empty if the request has neither.
   */
  private static List<String> candidates(ServerRequest request) {
    if (!request.headers().contains(HeaderNames.AUTHORIZATION)) {
      // Only the first value: each one is compared with every known token.
      return request.query().isEmpty()
          ? List.of()
          : request.query().first("p").map(List::of).orElse(List.of());
    }
    String value = request.headers().get(HeaderNames.AUTHORIZATION).get();
    int space = value.indexOf(' ');
    if (space < 0) {
      return UNREADABLE;
    }
    String scheme = value.substring(0, space);
    String credentials = value.substring(space + 1).strip();
    if (scheme.equalsIgnoreCase("Basic")) {
      return userAndPassword(decoded(credentials));
    }
    if (scheme.equalsIgnoreCase("Token") && credentials.indexOf(':') >= 0) {
      return userAndPassword(credentials);
    }
    return scheme.equalsIgnoreCase("Bearer") || scheme.equalsIgnoreCase("Token")
        ? List.of(credentials)
        : UNREADABLE;
  }

  /** The token is the password, or the user name, for clients that cannot leave that out. */
  private static List<String> userAndPassword(String pair) {
    int colon = pair.indexOf(':');
    return colon < 0 ? List.of(pair) : List.of(pair.substring(colon + 1), pair.substring(0, colon));
  }

  private static String decoded(String base64) {
    try {
      return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return "";
    }
  }

  /** In the order of {@link Scope}. */
  private static String words(Set<Scope> scopes) {
    return Arrays.stream(Scope.values())
        .filter(scopes::contains)
        .map(scope -> scope.name().toLowerCase(Locale.ROOT))
        .collect(Collectors.joining(" or "));
  }
}
