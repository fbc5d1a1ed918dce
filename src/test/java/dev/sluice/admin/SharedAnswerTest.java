package dev.sluice.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.helidon.webserver.http.HttpService;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SharedAnswerTest {
  private static final String PAGE = "Cache-Control: max-age=1\r\n";

  private final AtomicLong nanos = new AtomicLong();
  private final AtomicInteger made = new AtomicInteger();
  private final SharedAnswer shared = new SharedAnswer(nanos::get);
  private final HttpService route =
      rules ->
          rules.get(
              "/",
              (request, response) ->
                  response.send(
                      shared.to(
                          request,
                          request.query().first("q").orElse(""),
                          () -> "answer " + made.incrementAndGet())));
  private final AdminPort port = new AdminPort(route);

  @AfterEach
  void close() {
    port.close();
  }

  @Test
  void makesAnAnswerForEachWhoDoesNotAcceptAnOldOne() {
    assertThat(get("")).isEqualTo("answer 1");
    assertThat(get("")).isEqualTo("answer 2");
    assertThat(get("Cache-Control: no-cache\r\n")).isEqualTo("answer 3");
    assertThat(get("Cache-Control: max-age=0\r\n")).isEqualTo("answer 4");
  }

  @Test
  void sharesOneForASecondAmongThoseWhoDo() {
    assertThat(get(PAGE)).isEqualTo("answer 1");
    nanos.addAndGet(999_999_999);
    assertThat(get(PAGE)).isEqualTo("answer 1");
    assertThat(get("Cache-Control: no-store, max-age=10\r\n")).isEqualTo("answer 1");
    nanos.addAndGet(1);
    assertThat(get(PAGE)).isEqualTo("answer 2");
  }

  @Test
  void doesNotShareTheAnswerToAnotherQuestion() {
    assertThat(port.get("/?q=a", PAGE).body()).isEqualTo("answer 1");
    assertThat(port.get("/?q=b", PAGE).body()).isEqualTo("answer 2");
    assertThat(port.get("/?q=b", PAGE).body()).isEqualTo("answer 2");
  }

  private String get(String headers) {
    return port.get("/", headers).body();
  }
}
