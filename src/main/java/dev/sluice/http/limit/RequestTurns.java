package dev.sluice.http.limit;

import dev.sluice.http.auth.Client;
import dev.sluice.http.auth.TokenAuth;
import java.net.InetAddress;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * At most so many requests of one client at the same time, for a port whose requests are few. What
 * is kept of a client are its requests in progress: nothing once they are answered, and never more
 * than the port has connections. A client that is known by a loopback address alone has no limit: a
 * proxy on this machine stands for many. Thread-safe.
 */
public final class RequestTurns implements TokenAuth.Turnstile {
  private final int most;
  private final LimitCounters counters;
  private final Map<Client, Integer> inProgress = new ConcurrentHashMap<>();

  /**
   * Creates the limit; nobody has a request in progress.
   *
   * @param most requests of one client at the same time, at least 1
   * @param counters where refusals are counted
   */
  public RequestTurns(int most, LimitCounters counters) {
    this.most = most;
    this.counters = counters;
  }

  @Override
  public Optional<String> enter(Client client, @Nullable InetAddress from) {
    if (isLocal(client, from)) {
      return Optional.empty();
    }
    if (inProgress.merge(client, 1, Integer::sum) <= most) {
      return Optional.empty();
    }
    leave(client, from);
    counters.add(Limit.CONCURRENT_REQUESTS);
    return Optional.of(
        "%s has %d requests in progress on this port, allowed at the same time are %d: try again"
            .formatted(client.name(), most, most));
  }

  @Override
  public void leave(Client client, @Nullable InetAddress from) {
    if (!isLocal(client, from)) {
      inProgress.computeIfPresent(client, (known, count) -> count == 1 ? null : count - 1);
    }
  }

  /** Clients with a request in progress. */
  int clients() {
    return inProgress.size();
  }

  private static boolean isLocal(Client client, @Nullable InetAddress from) {
    return client.kind() == Client.Kind.ADDRESS && from != null && from.isLoopbackAddress();
  }
}
