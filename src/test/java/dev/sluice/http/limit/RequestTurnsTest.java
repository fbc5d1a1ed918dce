package dev.sluice.http.limit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.auth.Client;
import dev.sluice.http.auth.Client.Kind;
import dev.sluice.http.auth.LimitOverrides;
import dev.sluice.http.auth.Scope;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

class RequestTurnsTest {
  private static final int MOST = 3;

  private final LimitCounters counters = new LimitCounters();
  private final RequestTurns turns = new RequestTurns(MOST, counters);
  private final InetAddress far = address("192.0.2.7");

  @Test
  void letsInAsManyAsItMayAndTheNextWhenOneHasLeft() {
    Client ops = client("ops", Kind.TOKEN);
    for (int i = 0; i < MOST; i++) {
      assertThat(turns.enter(ops, far)).isEmpty();
    }

    assertThat(turns.enter(ops, far).orElseThrow())
        .isEqualTo(
            "ops has 3 requests in progress on this port, allowed at the same time are 3: try"
                + " again");
    assertThat(counters.refused(Limit.CONCURRENT_REQUESTS)).isEqualTo(1);

    turns.leave(ops, far);
    assertThat(turns.enter(ops, far)).isEmpty();
  }

  @Test
  void countsEachClientByItselfWhereverItComesFrom() {
    Client ops = client("ops", Kind.TOKEN);
    for (int i = 0; i < MOST; i++) {
      assertThat(turns.enter(ops, i == 0 ? far : address("127.0.0.1"))).isEmpty();
    }

    assertThat(turns.enter(ops, address("127.0.0.1"))).isPresent();
    assertThat(turns.enter(client("prometheus", Kind.TOKEN), far)).isEmpty();
    assertThat(turns.enter(client("192.0.2.7", Kind.ADDRESS), far)).isEmpty();
  }

  @Test
  void letsInWhoeverIsKnownByALoopbackAddressAlone() {
    Client here = client("127.0.0.1", Kind.ADDRESS);
    for (int i = 0; i < 10 * MOST; i++) {
      assertThat(turns.enter(here, address("127.0.0.1"))).isEmpty();
    }
    turns.leave(here, address("127.0.0.1"));
    assertThat(turns.clients()).isZero();
  }

  @Test
  void forgetsClientsWithoutRequestsHoweverTheyComeAndGo() {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 1_000; i++) {
        Client client = client("c" + i % 7, Kind.TOKEN);
        threads.execute(() -> {
          if (turns.enter(client, far).isEmpty()) {
            turns.leave(client, far);
          }
        });
      }
    }
    assertThat(turns.clients()).isZero();
  }

  private static Client client(String name, Kind kind) {
    return new Client(name, kind, Set.of(Scope.ADMIN), LimitOverrides.NONE, "");
  }

  private static InetAddress address(String text) {
    try {
      return InetAddress.getByName(text);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }
}
