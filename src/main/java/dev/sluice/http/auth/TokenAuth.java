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
import java.util.Base64;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Lets a request through only if its token has a scope that the route asks for. Thread-safe. Tokens
 * are never logged and never appear in an answer.
 */
public final class TokenAuth {
  private static final Header CHALLENGE =
      HeaderValues.createCached(
          HeaderNames.WWW_AUTHENTICATE, "Bearer realm=\"sluice\", Basic realm=\"sluice\"");

  /**
   * Finds the scopes of a token among those valid now; a changed file replaces them all together.
   */
  private interface Lookup {
    Set<Scope> scopes(String token);
  }

  private final boolean open;
  private final Lookup lookup;

  private TokenAuth(boolean open, Lookup lookup) {
    this.open = open;
    this.lookup = lookup;
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
    if (!config.wantsTokens()) {
      return everybody();
    }
    TokensFile file = new TokensFile(config.tokensFile().orElseThrow());
    return new TokenAuth(false, token -> file.tokens().scopes(token));
  }

  /** Lets every request through. */
  public static TokenAuth everybody() {
    return new TokenAuth(true, token -> EnumSet.allOf(Scope.class));
  }

  /**
   * Wraps {@code next} so that it handles only requests whose token has at least one of these
   * scopes.
   */
  public Handler require(Handler next, Scope first, Scope... others) {
    if (open) {
      return next;
    }
    Set<Scope> allowed = EnumSet.of(first, others);
    return (request, response) -> {
      Set<Scope> held = held(request);
      if (held.isEmpty()) {
        response.header(CHALLENGE);
        ErrorAnswer.send(
            request,
            response,
            Status.UNAUTHORIZED_401,
            "no valid token: send Authorization: Bearer <token>");
      } else if (held.stream().noneMatch(allowed::contains)) {
        ErrorAnswer.send(
            request,
            response,
            Status.FORBIDDEN_403,
            "this token has scope " + words(held) + ", needed is " + words(allowed));
      } else {
        next.handle(request, response);
      }
    };
  }

  private Set<Scope> held(ServerRequest request) {
    for (String token : candidates(request)) {
      Set<Scope> scopes = token.isEmpty() ? Set.of() : lookup.scopes(token);
      if (!scopes.isEmpty()) {
        return scopes;
      }
    }
    return Set.of();
  }

  /**
   * Where clients put a token: the header, in three schemes, or the password parameter of version 1
   * of the InfluxDB API.
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
      return List.of();
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
        : List.of();
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

  private static String words(Set<Scope> scopes) {
    return String.join(
        " or ", scopes.stream().map(s -> s.name().toLowerCase(java.util.Locale.ROOT)).toList());
  }
}
