package dev.sluice.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.RawHttp;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class IngestRoutesTest {
  private final IngestServer server = new IngestServer();

  @AfterAll
  void stop() {
    server.close();
  }

  @Test
  void keepsReadingsAndAnswers204() {
    try (RawHttp http = server.connect()) {
      var answer = http.post("/v1/readings", "Content-Type: application/json\r\n", "{}");
      assertThat(answer.status()).isEqualTo(204);
      assertThat(http.post("/write", "", "a b 1\n").status()).isEqualTo(204);
      System.out.println(http.post("/write", "", "a b 1\nx\n"));
      System.out.println(http.post("/nothing", "", "a b 1\nx\n"));
      System.out.println(http.get("/write", ""));
      System.out.println(http.get("/ping", ""));
      System.out.println(http.get("/query", ""));
      System.out.println(http.post("/v1/readings", "Content-Encoding: br\r\n", "{}"));
      System.out.println(http.post("/v1/readings", "Content-Type: text/plain\r\n", "{}"));
      System.out.println(http.post("/v1/readings", "Connection: close\r\n", "nix"));
      long t = System.nanoTime();
      System.out.println(http.isClosedByServer() + " " + (System.nanoTime() - t) / 1000);
    }
    try (RawHttp http = server.connect()) {
      http.send("POST /write HTTP/1.0\r\nContent-Length: 6\r\n\r\na b 1\n");
      System.out.println(http.answer());
      long t = System.nanoTime();
      System.out.println(http.isClosedByServer() + " " + (System.nanoTime() - t) / 1000);
    }
  }
}
