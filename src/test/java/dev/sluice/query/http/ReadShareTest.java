package dev.sluice.query.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.http.RawHttp;
import dev.sluice.http.RawHttp.Answer;
import dev.sluice.http.limit.Limit;
import dev.sluice.http.limit.LimitsConfig;
import dev.sluice.http.limit.SteppedLimits;
import dev.sluice.query.OneOther;
import dev.sluice.query.Reads;
import dev.sluice.query.ShadowReads;
import dev.sluice.reading.Reading;
import dev.sluice.store.ReadingQuery;
import dev.sluice.store.ReadingSource;
import io.helidon.webserver.WebServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One client that reads without end, and another beside it. */
class ReadShareTest {
  private static final String HOG = SteppedLimits.header("hog");
  private static final String CALM = SteppedLimits.header("calm");

  @TempDir private Path folder;
  private final List<RawHttp> open = new ArrayList<>();
  private final Store store = new Store();
  private final List<WebServer> servers = new ArrayList<>();

  @AfterEach
  void stop() {
    store.turns.release(1_000);
    open.forEach(RawHttp::close);
    servers.forEach(WebServer::stop);
  }

  @Test
  void lendsOneClientNoMoreThanItsShareOfReaders() throws IOException {
    start(new LimitsConfig(0, 0, 0, 0, 0.5, 0));
    List<RawHttp> hogs = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      hogs.add(ask(HOG, "slow"));
    }
    await().until(() -> store.inside.get() == 2);

    RawHttp calm = ask(CALM, "slow");
    await().until(() -> store.inside.get() == 3);

    assertThat(store.most.get()).isEqualTo(3);
    store.turns.release(9);
    assertThat(calm.answer().status()).isEqualTo(200);
    for (RawHttp hog : hogs) {
      assertThat(hog.answer().status()).isEqualTo(200);
    }
    assertThat(store.most.get()).isEqualTo(3);
  }

  @Test
  void refusesOneClientsReadThatGetsNoTurn() throws IOException {
    SteppedLimits limits = start(new LimitsConfig(0, 0, 0, 0, 0.25, 0));
    ask(HOG, "slow");
    await().until(() -> store.inside.get() == 1);

    Answer refused = ask(HOG, "slow").answer();

    assertThat(refused.status()).isEqualTo(429);
    assertThat(refused.header("Retry-After")).isEqualTo("1");
    assertThat(refused.body())
        .contains("already has 1 read in progress, all that it may")
        .contains("(limits.read-share): try again in 1 s");
    assertThat(limits.limits.counters().refused(Limit.READ_SHARE)).isEqualTo(1);
  }

  @Test
  void countsReadsAmongTheRequestsOfAClient() throws IOException {
    start(new LimitsConfig(0, 0, 1, 0, 0, 0));
    RawHttp first = ask(HOG, "slow");
    await().until(() -> store.inside.get() == 1);

    Answer refused = ask(HOG, "fast").answer();

    assertThat(refused.status()).isEqualTo(429);
    assertThat(refused.body()).contains("(limits.concurrent-requests)");
    assertThat(ask(CALM, "fast").answer().status()).isEqualTo(200);
    store.turns.release();
    assertThat(first.answer().status()).isEqualTo(200);
  }

  private SteppedLimits start(LimitsConfig config) throws IOException {
    SteppedLimits limited = new SteppedLimits(config);
    var routes =
        new QueryRoutes(
            new Reads(store, Duration.ofSeconds(1)),
            new ShadowReads(0, new OneOther(Optional.empty())),
            limited.tokens(folder.resolve("tokens"), "hog", "calm"),
            limited.limits);
    servers.add(
        WebServer.builder()
            .host("127.0.0.1")
            .port(0)
            .routing(r -> r.register(routes))
            .build()
            .start());
    return limited;
  }

  private RawHttp ask(String header, String device) {
    RawHttp http = new RawHttp(servers.getFirst().port());
    open.add(http);
    return http.send(RawHttp.head("GET", "/v1/readings?device=" + device, header));
  }

  /** Answers four reads at a time, those of a slow device once they are let go. */
  private static final class Store implements ReadingSource {
    final Semaphore turns = new Semaphore(0);
    final AtomicInteger inside = new AtomicInteger();
    final AtomicInteger most = new AtomicInteger();

    @Override
    public String name() {
      return "mysql";
    }

    @Override
    public int readers() {
      return 4;
    }

    @Override
    public void read(ReadingQuery query, Consumer<Reading> each) {
      int now = inside.incrementAndGet();
      most.accumulateAndGet(now, Math::max);
      if (query.device().equals("slow")) {
        turns.acquireUninterruptibly();
      }
      inside.decrementAndGet();
    }
  }
}
