package dev.sluice.cli;

import dev.sluice.api.Json;
import dev.sluice.api.Problem;
import dev.sluice.cli.text.CommandException;
import dev.sluice.cli.text.Human;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/** Client of the admin port of a running Sluice. Confined to one thread. */
final class AdminClient {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

  private final AdminTarget target;
  private final Optional<String> token;
  private final Patience patience;

  AdminClient(AdminTarget target, Optional<String> token, Patience patience) {
    this.target = target;
    this.token = token;
    this.patience = patience;
  }

  /**
   * Returns the body of a 200.
   *
   * @throws CommandException if nothing answers, or the answer is not a 200; the message says what
   *     to do
   */
  String get(String path) throws CommandException {
    return get(path, null);
  }

  /** Same as {@link #get(String)}, with a query that is already encoded. */
  String get(String path, @Nullable String query) throws CommandException {
    URI uri = target.uri(path, Optional.ofNullable(query));
    return send(HttpRequest.newBuilder(uri).timeout(patience.get()), "admin or read");
  }

  /**
   * Requests an action, which may take long.
   *
   * @throws RefusalException if Sluice refuses it in its current state
   * @throws CommandException as for {@link #get(String)}
   */
  String post(String path, JsonObject body) throws CommandException {
    return post(path, body, patience.post());
  }

  /** Same as {@link #post(String, JsonObject)}, with a different timeout. */
  String post(String path, JsonObject body, Duration timeout) throws CommandException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(target.uri(path, Optional.empty()))
            .timeout(timeout)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body.toString()));
    return send(request, "admin");
  }

  private String send(HttpRequest.Builder builder, String scope) throws CommandException {
    token.ifPresent(text -> builder.header("Authorization", "Bearer " + text));
    HttpRequest request = builder.build();
    HttpResponse<String> response = send(request);
    URI uri = request.uri();
    String body = response.body();
    return switch (response.statusCode()) {
      case 200 -> body;
      case 401, 403 ->
          throw new CommandException(
              "%s requires a token with the scope %s: --token or SLUICE_TOKEN"
                  .formatted(uri, scope));
      case 404 -> throw new CommandException(notFound(uri, body));
      case 409 -> throw new RefusalException(message(body), body);
      case 503 -> throw new NotNowException("%s answered 503: %s".formatted(uri, message(body)));
      default ->
          throw new CommandException(
              "%s answered %d: %s".formatted(uri, response.statusCode(), message(body)));
    };
  }

  /** What this Sluice says about something it does not know, or that it knows no such route. */
  private static String notFound(URI uri, String body) {
    String said = message(body);
    return said.equals(body.strip()) || said.startsWith("nothing is served at ")
        ? "there is no %s: the server at %s:%d is not Sluice, or is older than this command"
            .formatted(uri, uri.getHost(), uri.getPort())
        : said;
  }

  private HttpResponse<String> send(HttpRequest request) throws CommandException {
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT_TIMEOUT)
            .sslContext(target.tls().orElseGet(AdminClient::unused));
    try (HttpClient client = builder.build()) {
      return client.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (HttpTimeoutException e) {
      throw e instanceof HttpConnectTimeoutException ? nobody(request, e) : tooLate(request);
    } catch (SSLException e) {
      throw new CommandException(
          "no encrypted connection to %s (%s): --ca names who issued its certificate, --cert and --key what to show if it asks for one"
              .formatted(request.uri(), e.getMessage()));
    } catch (IOException e) {
      throw nobody(request, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandException("interrupted while waiting for " + request.uri());
    }
  }

  /**
   * The JDK's client wants a context for plain text, too; its default one reads every certificate
   * that the JDK trusts, which takes longer than asking. This one trusts nobody.
   */
  private static SSLContext unused() {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[0], null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new AssertionError("this JDK has no TLS", e);
    }
  }

  private static NotNowException nobody(HttpRequest request, IOException e) {
    return new NotNowException(
        "no answer from %s (%s). Is Sluice running,".formatted(request.uri(), e)
            + " and do admin.host and admin.port match the ones it was started with?");
  }

  private static NotNowException tooLate(HttpRequest request) {
    String afterwards =
        request.method().equals("POST")
            ? "; the request may still take effect, so check before you repeat it: the command"
                + " without options shows the current state"
            : ": is the machine busy? Try again";
    return new NotNowException(
        "%s %s did not answer within %s%s"
            .formatted(
                request.method(),
                request.uri(),
                Human.millis(request.timeout().orElseThrow().toMillis()),
                afterwards));
  }

  /**
   * Reads the body of an answer.
   *
   * @param what names it in an error message
   * @throws CommandException if it is something else
   */
  static <T extends Record> T read(String body, Class<T> type, String what)
      throws CommandException {
    try {
      return Json.read(body, type);
    } catch (Json.MalformedException e) {
      throw new CommandException(
          "the answer is not " + what + " of a Sluice server: " + e.getMessage());
    }
  }

  /** The message in Sluice's answer, or the whole body if it has none. */
  private static String message(String body) {
    try {
      String message = Json.read(body, Problem.class).message();
      return message == null ? body.strip() : message;
    } catch (Json.MalformedException e) {
      return body.strip();
    }
  }
}
