package dev.sluice.cli;

import dev.sluice.admin.AdminConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;

/** Asks the admin port of a running Sluice. Confined to one thread. */
final class AdminClient {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final AdminConfig address;
  private final Optional<String> token;

  AdminClient(AdminConfig address, Optional<String> token) {
    this.address = address;
    this.token = token;
  }

  /**
   * The body of a 200.
   *
   * @throws CommandException when nothing answers or something else does, saying what to do
   */
  String get(String path) throws CommandException {
    URI uri = uri(path);
    HttpRequest.Builder request = HttpRequest.newBuilder(uri).timeout(TIMEOUT);
    token.ifPresent(text -> request.header("Authorization", "Bearer " + text));
    HttpResponse<String> response = send(request.build());
    return switch (response.statusCode()) {
      case 200 -> response.body();
      case 401, 403 ->
          throw new CommandException(
              uri + " wants a token with the scope admin or read: --token or SLUICE_TOKEN");
      default ->
          throw new CommandException(
              "%s answered %d: %s".formatted(uri, response.statusCode(), response.body().strip()));
    };
  }

  private static HttpResponse<String> send(HttpRequest request) throws CommandException {
    try (HttpClient client = HttpClient.newBuilder().connectTimeout(TIMEOUT).build()) {
      return client.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new CommandException(
          "nothing answers at %s (%s). Is Sluice running, and are admin.host and admin.port those it was started with?"
              .formatted(request.uri(), e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandException("interrupted while waiting for " + request.uri());
    }
  }

  private URI uri(String path) throws CommandException {
    if (address.port() == 0) {
      throw new CommandException(
          "admin.port is 0, so Sluice took a free one; name it: --set admin.port=PORT");
    }
    try {
      return new URI("http", null, reachableHost(), address.port(), path, null, null);
    } catch (URISyntaxException e) {
      throw new CommandException("admin.host " + address.host() + " is no host name");
    }
  }

  /** An address that listens everywhere is reached through loopback. */
  private String reachableHost() {
    try {
      boolean everywhere = InetAddress.getByName(address.host()).isAnyLocalAddress();
      return everywhere ? InetAddress.getLoopbackAddress().getHostAddress() : address.host();
    } catch (UnknownHostException e) {
      return address.host();
    }
  }
}
