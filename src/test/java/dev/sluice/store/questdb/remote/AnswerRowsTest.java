package dev.sluice.store.questdb.remote;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.sluice.store.questdb.TestConfigs;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AnswerRowsTest {
  private static final String HEAD =
      "{\"query\":\"q\",\"columns\":[{\"name\":\"count\",\"type\":\"LONG\"},{\"name\":\"b\","
          + "\"type\":\"STRING\"}],\"timestamp\":-1,\"dataset\":";

  @Test
  void tellsRowsAsTextAndNullAsEmpty() throws IOException {
    assertThat(rows(HEAD + "[[1,\"a\"],[null,\"\\u00e9\"],[true,-0.0]],\"count\":3}"))
        .containsExactly(List.of("1", "a"), List.of("", "é"), List.of("true", "-0.0"));
    assertThat(rows(HEAD + "[],\"count\":0}")).isEmpty();
    assertThat(rows("{\"ddl\":\"OK\"}")).isEmpty();
  }

  @Test
  void readsAnAnswerOfMoreThanFifteenMillionCharacters() throws IOException {
    int rows = 160_000;
    String row = "[1,\"" + "x".repeat(100) + "\"]";
    String json = HEAD + "[" + (row + ",").repeat(rows - 1) + row + "],\"count\":" + rows + "}";
    try (AnswerRows answer =
        new AnswerRows("QuestDB", new ByteArrayInputStream(json.getBytes(UTF_8)))) {
      int seen = 0;
      while (answer.next()) {
        seen++;
      }
      assertThat(seen).isEqualTo(rows);
    }
  }

  /** As a server's answer ends when it fails in the midst of it. */
  @Test
  void takesNoAnswerForWholeThatIsNot() {
    for (String broken :
        List.of(
            HEAD + "[[1,\"a\"],[2,\"b\"]",
            HEAD + "[[1,\"a\"],[2,\"b\"],",
            HEAD + "[[1,\"a\"],[2,\"",
            HEAD + "[[1,\"a\"]]}",
            HEAD + "[[1,\"a\"]],\"count\":2}",
            HEAD + "[[1,\"a\"]],\"error\":\"timeout, query aborted\"}",
            HEAD)) {
      assertThatThrownBy(() -> rows(broken)).as(broken).isInstanceOf(IOException.class);
    }
  }

  @Test
  void aSilentServerEndsTheAnswerWithinItsTime() throws IOException {
    String body = HEAD + "[[1,\"a\"],[2,\"b\"],";
    String head =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n";
    try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        RemoteQuestDb database =
            new RemoteQuestDb(
                TestConfigs.remote("http://127.0.0.1:" + silent.getLocalPort()),
                Duration.ofMillis(500))) {
      Thread server = Thread.ofVirtual().start(() -> answer(silent, head + body));
      List<List<String>> seen = new ArrayList<>();

      assertTimeoutPreemptively(
          Duration.ofMinutes(2),
          () ->
              assertThatThrownBy(() -> database.rows("SELECT", seen::add))
                  .isInstanceOf(IOException.class)
                  .hasMessageContaining("broke off"));

      server.interrupt();
    }
  }

  @Test
  void aServerThatDoesNotBeginToAnswerIsGivenUp() throws IOException {
    try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        RemoteQuestDb database =
            new RemoteQuestDb(
                TestConfigs.remote("http://127.0.0.1:" + silent.getLocalPort()),
                Duration.ofMillis(300))) {
      assertTimeoutPreemptively(
          Duration.ofMinutes(2),
          () ->
              assertThatThrownBy(() -> database.query("SELECT 1"))
                  .isInstanceOf(IOException.class)
                  .hasMessageContaining("did not answer within"));
    }
  }

  private static void answer(ServerSocket server, String text) {
    try (Socket socket = server.accept();
        OutputStream out = socket.getOutputStream()) {
      out.write(text.getBytes(UTF_8));
      out.flush();
      socket.getInputStream().transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      // The client has gone.
    }
  }

  private static List<List<String>> rows(String json) throws IOException {
    List<List<String>> all = new ArrayList<>();
    try (AnswerRows rows =
        new AnswerRows("QuestDB", new ByteArrayInputStream(json.getBytes(UTF_8)))) {
      while (rows.next()) {
        all.add(List.copyOf(rows.row()));
      }
    }
    return all;
  }
}
