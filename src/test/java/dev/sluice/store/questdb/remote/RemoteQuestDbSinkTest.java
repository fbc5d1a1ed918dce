package dev.sluice.store.questdb.remote;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.sluice.reading.Reading;
import dev.sluice.store.StoreContract;
import dev.sluice.store.WriteResult;
import dev.sluice.store.questdb.QuestDbConfig;
import dev.sluice.store.questdb.TestConfigs;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against servers in a state that a real one is hard to bring into. */
class RemoteQuestDbSinkTest {
  private static final String VERSION_2 =
      "{\"config\":{\"line.proto.support.versions\":[1,2],\"release.type\":\"OSS\"}}";

  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 5);
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  @Test
  void isBusyWhileTheServerIsFarBehindWithApplying() {
    answer("/settings", VERSION_2);
    answer("/exec", "{\"columns\":[],\"dataset\":[[false,null,1200,100]],\"count\":1}");

    assertThat(write())
        .isInstanceOfSatisfying(
            WriteResult.Busy.class, busy -> assertThat(busy.reason()).contains("1100"));
  }

  @Test
  void sendsNothingToAServerThatDoesNotReadBinaryNumbers() {
    answer("/settings", "{\"config\":{\"line.proto.support.versions\":[1]}}");

    assertThat(write())
        .isInstanceOfSatisfying(
            WriteResult.Unavailable.class,
            unavailable -> assertThat(unavailable.reason()).contains("version 2"));
  }

  private WriteResult write() {
    QuestDbConfig config = TestConfigs.remote("http://127.0.0.1:" + server.getAddress().getPort());
    try (RemoteQuestDb database = new RemoteQuestDb(config);
        RemoteQuestDbSink sink = new RemoteQuestDbSink(database, config, Optional::empty)) {
      return sink.write(StoreContract.batch(List.of(new Reading("d", "m", 1, 1))));
    }
  }

  private void answer(String path, String body) {
    server.createContext(path, exchange -> answer(exchange, body.getBytes(UTF_8)));
  }

  private static void answer(HttpExchange exchange, byte[] body) throws IOException {
    exchange.sendResponseHeaders(200, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }
}
