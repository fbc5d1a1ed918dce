package dev.sluice.http.auth;

import dev.sluice.http.Availability;
import dev.sluice.http.ErrorAnswer;
import dev.sluice.http.RetryAfter;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.cert.Certificate;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets a request through only if its sender has a scope that the route asks for, and says who that
 * is. Thread-safe. Tokens are never logged and never appear in an answer.
 *
 * <p>A token that is sent decides, even if it is wrong; the certificate of the connection counts
 * only for a request without one.
 *
 * <p>The tokens file is read by a thread of its own, never for a request. While it has not been
 * good for too long, every request is answered 503, because a sender should keep its readings until
 * somebody has put the file right; that is also when it is not available.
 */
public final class TokenAuth implements Availability, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TokenAuth.class);

  private static final Header CHALLENGE =
      HeaderValues.createCached(
          HeaderNames.WWW_AUTHENTICATE, "Bearer realm=\"sluice\", Basic realm=\"sluice\"");

  /** Of a header that no token can be read from; it is still not a request without one. */
  private static final List<String> UNREADABLE = List.of("");

  private static final String STALE =
      "the tokens file has been refused for longer than auth.stale-after: see Sluice's log";
  private static final int LEAST_RETRY_SECONDS = 10;
  private static final int BUSY_RETRY_SECONDS = 1;
  private static final long LOOK_EVERY_MS = 1_000;

  /** Is told of requests for which a scope is needed. Thread-safe. */
  public interface Observer {
    /** A request is let through. */
    void admitted(Client client, ServerRequest request);

    /**
     * A request is refused: its token or certificate is not valid, or lacks the scope.
     *
     * @param name of the token or certificate; empty if it is not known
     */
    void refused(ServerRequest request, String name);
  }

  /** Limits what one client may have handled at the same time. Thread-safe. */
  public interface Turnstile {
    /**
     * A request wants to be handled; if it may, {@link #leave} follows.
     *
     * @param from where it comes from; null if the connection is gone
     * @return why it may not now; empty if it may
     */
    Optional<String> enter(Client client, @Nullable InetAddress from);

    /** A request that was let in has been answered. */
    void leave(Client client, @Nullable InetAddress from);
  }

  /** Absent if everyone may come in. */
  private final @Nullable TokensFile file;

  private final @Nullable Observer observer;
  private final @Nullable Turnstile turnstile;

  private final FailedTokens failed;
  private final ClientWatch watch;
  private final InstantSource clock;
  private final AddressClients addresses = new AddressClients();
  private final CertificateHashes certificates = new CertificateHashes();
  private final RetryAfter stale = new RetryAfter(LEAST_RETRY_SECONDS);
  private final Thread thread;
  private volatile boolean stopped;

  /** Whose clients the watch knows; used by the thread alone once it is started. */
  private @Nullable Tokens told;

  private TokenAuth(
      @Nullable TokensFile file,
      FailedTokens failed,
      ClientWatch watch,
      InstantSource clock,
      @Nullable Observer observer,
      @Nullable Turnstile turnstile) {
    this.file = file;
    this.observer = observer;
    this.turnstile = turnstile;
    this.failed = failed;
    this.watch = watch;
    this.clock = clock;
    this.thread = Thread.ofPlatform().daemon().name("tokens").unstarted(this::run);
    if (file != null) {
      tell(file);
    }
  }

  /**
   * Creates the check that the settings ask for: tokens from the file, or everyone. The file is
   * read once; {@link #start} has it read again when it changes.
   *
   * @throws IOException if the tokens file cannot be read
   * @throws IllegalArgumentException if tokens are required but no file is set
   * @throws TokensFileException if the file is refused
   */
  public static TokenAuth of(AuthConfig config) throws IOException {
    return of(config, new FailedTokenLog(), ClientWatch.NONE, InstantSource.system());
  }

  /**
   * Likewise.
   *
   * @param failed learns of every request that is refused
   * @param watch learns who the clients are, and slows those who fail to be one
   * @param clock decides what has expired
   */
  public static TokenAuth of(
      AuthConfig config, FailedTokens failed, ClientWatch watch, InstantSource clock)
      throws IOException {
    if (config.lacksTokensFile()) {
      throw new IllegalArgumentException(
          "auth.mode is tokens, but auth.tokens-file is not set: name the file that holds them");
    }
    return config.wantsTokens()
        ? new TokenAuth(
            new TokensFile(config.tokensFile().orElseThrow(), config.staleAfter()),
            failed,
            watch,
            clock,
            null,
            null)
        : everybody();
  }

  static TokenAuth of(TokensFile file, FailedTokens failed, InstantSource clock) {
    return new TokenAuth(file, failed, ClientWatch.NONE, clock, null, null);
  }

  /** Lets every request through; its client is the address it comes from. */
  public static TokenAuth everybody() {
    return new TokenAuth(
        null, new FailedTokenLog(), ClientWatch.NONE, InstantSource.system(), null, null);
  }

  /** The same check on the same file, which this observer is told of; only the first is started. */
  public TokenAuth observed(Observer by) {
    return new TokenAuth(file, failed, watch, clock, by, turnstile);
  }

  /** The same check, after which a request has to pass this; only the first is started. */
  public TokenAuth within(Turnstile limit) {
    return new TokenAuth(file, failed, watch, clock, observer, limit);
  }

  /** Has the tokens file read again when it changes, and failed tokens reported. */
  public void start() {
    if (file != null) {
      thread.start();
    }
  }

  @Override
  public void close() {
    stopped = true;
    thread.interrupt();
  }

  /** The tokens file; empty if everyone may come in. */
  public Optional<TokensFile> file() {
    return Optional.ofNullable(file);
  }

  @Override
  public Optional<String> refusal() {
    return file != null && file.tokens() == null ? Optional.of(STALE) : Optional.empty();
  }

  private void run() {
    while (!stopped) {
      try {
        Thread.sleep(LOOK_EVERY_MS);
        tick();
      } catch (InterruptedException e) {
        // Closed: the condition of the loop says so.
      } catch (RuntimeException e) {
        LOG.error("A look at the tokens file failed; the next is in a second", e);
      }
    }
  }

  /** What is due every second. */
  void tick() {
    TokensFile tokens = file;
    if (tokens != null) {
      tokens.look();
      tell(tokens);
    }
    failed.report();
  }

  /** Tells the watch of other clients, if there are. */
  private void tell(TokensFile from) {
    Tokens now = from.tokens();
    if (now != null && now != told) {
      watch.clients(now.clients());
      told = now;
    }
  }

  /**
   * Wraps {@code next} so that it handles only requests whose client has at least one of these
   * scopes.
   */
  public Handler require(Handler next, Scope first, Scope... others) {
    return file == null && observer == null && turnstile == null
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
      return (request, response) -> admit(addresses.of(request), next, request, response);
    }
    Set<Scope> allowed = EnumSet.of(first, others);
    return (request, response) -> {
      switch (verdict(request, tokens.tokens())) {
        case Verdict.Known known -> {
          if (Collections.disjoint(known.client().scopes(), allowed)) {
            forbid(known.client(), allowed, request, response);
          } else {
            admit(known.client(), next, request, response);
          }
        }
        case Verdict.Refused refused -> refuse(refused, request, response);
        case Verdict.Unchecked unchecked ->
            ErrorAnswer.sendNotNow(request, response, stale.refused(), STALE);
      }
    };
  }

  private void admit(
      Client client, ClientHandler next, ServerRequest request, ServerResponse response)
      throws Exception {
    InetAddress from = AddressClients.address(request);
    Optional<String> busy = turnstile == null ? Optional.empty() : turnstile.enter(client, from);
    if (busy.isPresent()) {
      ErrorAnswer.sendLater(
          request, response, Status.TOO_MANY_REQUESTS_429, BUSY_RETRY_SECONDS, busy.get());
      return;
    }
    try {
      if (observer != null) {
        observer.admitted(client, request);
      }
      next.handle(client, request, response);
    } finally {
      if (turnstile != null) {
        turnstile.leave(client, from);
      }
    }
  }

  private void observeRefusal(ServerRequest request, String name) {
    if (observer != null) {
      observer.refused(request, name);
    }
  }

  private void forbid(
      Client client, Set<Scope> allowed, ServerRequest request, ServerResponse response) {
    observeRefusal(request, client.name());
    ErrorAnswer.send(
        request,
        response,
        Status.FORBIDDEN_403,
        "this %s has scope %s, needed is %s"
            .formatted(
                client.kind() == Client.Kind.CERTIFICATE ? "certificate" : "token",
                TokenLine.words(client.scopes(), " or "),
                TokenLine.words(allowed, " or ")));
  }

  private void refuse(Verdict.Refused refused, ServerRequest request, ServerResponse response) {
    InetAddress from = AddressClients.address(request);
    failed.failed(refused.reason(), from, refused.name());
    // Many clients send no token until they are asked for one: that is no failure.
    boolean missing = refused.reason() == FailedTokens.Reason.MISSING;
    if (!missing) {
      observeRefusal(request, refused.name());
    }
    int wait = missing ? 0 : watch.failedToken(from);
    if (wait > 0) {
      slow(wait, refused, request, response);
      return;
    }
    Status status =
        switch (refused.reason()) {
          case MISSING, UNKNOWN, EXPIRED -> {
            response.header(CHALLENGE);
            yield Status.UNAUTHORIZED_401;
          }
          case ADDRESS -> Status.FORBIDDEN_403;
        };
    ErrorAnswer.send(request, response, status, refused.message());
  }

  /**
   * Too many such requests came from one address. A valid token from there is served all the same:
   * others may be behind the same address. Each further attempt needs a new connection.
   */
  private static void slow(
      int seconds, Verdict.Refused refused, ServerRequest request, ServerResponse response) {
    response.header(HeaderValues.CONNECTION_CLOSE);
    ErrorAnswer.sendLater(
        request,
        response,
        Status.TOO_MANY_REQUESTS_429,
        seconds,
        "%s; too many such requests come from this address (limits.unknown-per-second): wait %s s"
            .formatted(refused.message(), seconds));
  }

  /**
   * Judges who is at the other end of a connection that does not speak HTTP. Counts nothing, so
   * that it may be asked again for as long as the connection lasts.
   *
   * @param token empty if none was sent
   * @param certificate shown in the handshake; null if none was; counts without a token only
   * @param from null if the connection is gone
   */
  public Verdict of(String token, @Nullable Certificate certificate, @Nullable InetAddress from) {
    if (file == null) {
      return new Verdict.Known(addresses.of(from));
    }
    Sha256 hash = certificate == null ? null : certificates.of(certificate);
    return verdict(token.isEmpty() ? List.of() : List.of(token), hash, from, file.tokens());
  }

  /**
   * Counts such a connection that is refused.
   *
   * @return 0, or the seconds that this address should wait, because there were too many
   */
  public int refused(Verdict.Refused refused, @Nullable InetAddress from) {
    failed.failed(refused.reason(), from, refused.name());
    return refused.reason() == FailedTokens.Reason.MISSING ? 0 : watch.failedToken(from);
  }

  private Verdict verdict(ServerRequest request, @Nullable Tokens tokens) {
    return verdict(
        candidates(request), certificates.of(request), AddressClients.address(request), tokens);
  }

  private Verdict verdict(
      List<String> candidates,
      @Nullable Sha256 certificate,
      @Nullable InetAddress from,
      @Nullable Tokens tokens) {
    if (tokens == null) {
      return Verdict.Unchecked.INSTANCE;
    }
    stale.over();
    if (candidates.isEmpty()) {
      return byCertificate(certificate, from, tokens);
    }
    for (String token : candidates) {
      Verdict verdict = token.isEmpty() ? null : tokens.ofToken(token, from, clock);
      if (verdict != null) {
        return verdict;
      }
    }
    return Verdict.Refused.UNKNOWN;
  }

  private Verdict byCertificate(
      @Nullable Sha256 certificate, @Nullable InetAddress from, Tokens tokens) {
    if (certificate == null) {
      return Verdict.Refused.MISSING;
    }
    Verdict verdict = tokens.ofCertificate(certificate, from, clock);
    return verdict == null ? Verdict.Refused.UNKNOWN : verdict;
  }

  /**
   * Where clients put a token: the header, in three schemes, or the password parameter of version 1
   * of the InfluxDB API. Empty if the request has neither.
   */
  private static List<String> candidates(ServerRequest request) {
    if (!request.headers().contains(HeaderNames.AUTHORIZATION)) {
      // Only the first value, so that one request is one guess.
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
}
