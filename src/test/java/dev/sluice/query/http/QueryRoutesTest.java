package dev.sluice.query.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.http.RawHttp;
import dev.sluice.http.RawHttp.Answer;
import dev.sluice.http.auth.AuthConfig;
import dev.sluice.http.auth.TokenAuth;
import dev.sluice.http.limit.Limits;
import dev.sluice.query.OneOther;
import dev.sluice.query.Reads;
import dev.sluice.query.ShadowReads;
import dev.sluice.reading.Reading;
import dev.sluice.store.ReadingQuery;
import dev.sluice.store.ReadingSource;
import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.testing.TokenFiles;
import io.helidon.webserver.WebServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QueryRoutesTest {
  private static final long T0 = 1_795_300_000_000_000L;

  private final Store store = new Store("mysql");
  private final Reads reads = new Reads(store, Duration.ofSeconds(1));
  private ShadowReads shadow = new ShadowReads(0, new OneOther(Optional.empty()));
  private WebServer server;

  @BeforeEach
  void start() {
    var routes = new QueryRoutes(reads, shadow, TokenAuth.everybody(), Limits.none());
    server = WebServer.builder().host("127.0.0.1").port(0).routing(r -> r.register(routes)).build();
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop();
  }

  @Test
  void aNodeWithoutStoresSaysWhoHasThem() {
    for (String urls : List.of("http://a:8080, http://b:8080", "")) {
      var elsewhere = new ReadsElsewhere(TokenAuth.everybody(), () -> urls);
      WebServer ingest =
          WebServer.builder().host("127.0.0.1").port(0).routing(r -> r.register(elsewhere)).build();
      try (RawHttp http = new RawHttp(ingest.start().port())) {
        Answer answer = http.get("/v1/readings?device=a&metric=temp", "");

        assertThat(answer.status()).isEqualTo(404);
        assertThat(answer.body())
            .contains("node.roles are ingest", urls.isEmpty() ? "none is up now" : urls);
      } finally {
        ingest.stop();
      }
    }
  }

  @Test
  void showsATokenOnlyItsOwnDevices(@TempDir Path folder) throws IOException {
    store.add("fleet-1-a", "temp", T0, 21.5);
    Path file =
        TokenFiles.write(
            folder.resolve("tokens"), TokenFiles.line("fleet", "read devices=fleet-1-*"));
    var auth = TokenAuth.of(new AuthConfig(AuthConfig.Mode.TOKENS, Optional.of(file)));
    var routes = new QueryRoutes(reads, shadow, auth, Limits.none());
    WebServer guarded =
        WebServer.builder().host("127.0.0.1").port(0).routing(r -> r.register(routes)).build();
    String bearer = "Authorization: Bearer fleet\r\n";

    try (RawHttp http = new RawHttp(guarded.start().port())) {
      assertThat(http.get("/v1/readings?device=fleet-1-a", bearer).status()).isEqualTo(200);
      Answer refused = http.get("/v1/readings?device=fleet-2-a", bearer);
      assertThat(refused.status()).isEqualTo(403);
      assertThat(refused.body()).contains("fleet-2-a", "whose names begin with");
    } finally {
      guarded.stop();
    }
  }

  @Test
  void answersOneDevicesReadingsInOrder() {
    store.add("s-17", "temp", T0 + 1, 21.5);
    store.add("s-17", "humidity", T0, 40);
    store.add("s-18", "temp", T0, 1);

    Answer answer = get("device=s-17", "");

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("Content-Type")).isEqualTo("application/json");
    assertThat(answer.body())
        .isEqualTo(
            "{\"source\":\"mysql\",\"readings\":["
                + "{\"device_id\":\"s-17\",\"metric\":\"humidity\","
                + "\"ts\":\"2026-11-21T22:26:40.000000Z\",\"value\":40.0},"
                + "{\"device_id\":\"s-17\",\"metric\":\"temp\","
                + "\"ts\":\"2026-11-21T22:26:40.000001Z\",\"value\":21.5}]}");
  }

  @Test
  void answersNoReadingsWithAnEmptyList() {
    assertThat(get("device=nobody", "").body()).isEqualTo("{\"source\":\"mysql\",\"readings\":[]}");
  }

  @ParameterizedTest
  @CsvSource({
    "'metric=temp', 'temp'",
    "'metric=nothing', ''",
    "'from=1795300000001', 'b,c'",
    "'from=2026-11-21T22:26:40.001Z', 'b,c'",
    "'from=2026-11-21T23:26:40.001%2B01:00', 'b,c'",
    "'from=2026-11-21T23:26:40.001+01:00', 'b,c'",
    "'to=1795300000001', 'temp'",
    "'from=1795300000001&to=1795300000002', 'b'",
    "'order=desc', 'c,b,temp'",
    "'order=asc&limit=2', 'temp,b'",
    "'order=desc&limit=1', 'c'",
    "'from=-1', 'temp,b,c'",
    "'to=99999999999999', 'temp,b,c'"
  })
  void answersWhatTheParametersAskFor(String parameters, String metrics) {
    store.add("s-17", "temp", T0, 1);
    store.add("s-17", "b", T0 + 1_000, 1);
    store.add("s-17", "c", T0 + 2_000, 1);

    assertThat(metrics(get("device=s-17&" + parameters, "").body()))
        .isEqualTo(metrics.isEmpty() ? List.of() : List.of(metrics.split(",")));
  }

  @ParameterizedTest
  @CsvSource({
    "'', device",
    "'metric=temp', device",
    "'device=', device",
    "'device=a&limit=0', 'limit is 0, allowed are 1..100000'",
    "'device=a&limit=100001', 'limit is 100001, allowed are 1..100000'",
    "'device=a&limit=many', 'limit is many'",
    "'device=a&order=up', 'order is up, allowed are asc and desc'",
    "'device=a&from=yesterday', 'from is yesterday'",
    "'device=a&from=2026-11-21T22:00:00', 'with an offset'",
    "'device=a&to=99999999999999999999', 'to is 99999999999999999999'",
    "'device=a&from=2&to=1', 'which is after to'",
    "'device=a&page=%21', 'page is !'",
    "'device=a&page=AAAA', 'page is AAAA'",
    "'device=a&form=1', 'parameter form is unknown'"
  })
  void refusesBadParametersSayingWhatIsAllowed(String parameters, String part) {
    Answer answer = get(parameters, "");

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.body()).startsWith("{\"code\":\"invalid\"").contains(part);
  }

  @ParameterizedTest
  @ValueSource(strings = {"asc", "desc"})
  void followsPagesToTheEndWithoutGapOrRepetition(String order) {
    for (int i = 0; i < 25; i++) {
      store.add("s-17", "m" + i % 5, T0 + i / 5, i);
    }

    List<String> rows = new ArrayList<>();
    String page = "";
    int pages = 0;
    do {
      String body = get("device=s-17&limit=7&order=" + order + page, "").body();
      rows.addAll(rows(body));
      Matcher next = Pattern.compile("\"next\":\"([^\"]+)\"").matcher(body);
      page = next.find() ? "&page=" + next.group(1) : "";
      pages++;
    } while (!page.isEmpty());

    assertThat(pages).isEqualTo(4);
    assertThat(rows).isEqualTo(rows(get("device=s-17&order=" + order, "").body())).hasSize(25);
  }

  @Test
  void linksToTheNextPageWithoutTheCredentials() {
    store.add("s 17", "a&b", T0, 1);
    store.add("s 17", "a&b", T0 + 1, 2);

    Answer first = get("device=s+17&metric=a%26b&limit=1&u=me&p=secret", "Accept: text/csv\r\n");
    String link = first.header("Link");
    assertThat(link).startsWith("</v1/readings?device=s+17&metric=a%26b").endsWith("rel=\"next\"");
    assertThat(link).doesNotContain("secret");

    String target = link.substring(1, link.indexOf('>'));
    try (RawHttp http = new RawHttp(server.port())) {
      assertThat(http.get(target, "Accept: text/csv\r\n").body()).contains(",2.0\r\n");
    }
  }

  @Test
  void writesCsvWithAHeaderLineAndQuotesWhereNeeded() {
    store.add("s,17", "cpu{cpu=\"0\"}", T0, 1.0E300);

    Answer answer = get("device=s,17", "Accept: text/csv\r\n");

    assertThat(answer.header("Content-Type")).startsWith("text/csv");
    assertThat(answer.header("X-Sluice-Source")).isEqualTo("mysql");
    assertThat(answer.body())
        .isEqualTo(
            String.join(
                "\r\n",
                "device_id,metric,ts,value",
                "\"s,17\",\"cpu{cpu=\"\"0\"\"}\",2026-11-21T22:26:40.000000Z,1.0E300",
                ""));
  }

  @Test
  void writesDoublesAndNamesSoThatTheyReadBackTheSame() {
    store.add("ä\"\\😀", "temp", T0, 0.1 + 0.2);

    String body = get("device=%C3%A4%22%5C%F0%9F%98%80", "").body();

    assertThat(body).contains("\"device_id\":\"ä\\\"\\\\😀\"", "\"value\":0.30000000000000004}");
  }

  @Test
  void asksTheClientToComeAgainWhenTheStoreCannotAnswer() {
    reads.replace(
        new ReadingSource() {
          @Override
          public String name() {
            return "questdb";
          }

          @Override
          public void read(ReadingQuery query, Consumer<Reading> each) throws UnavailableException {
            each.accept(new Reading("a", "b", 0, 1));
            throw new UnavailableException("the server is away", new IOException());
          }
        });

    Answer answer = get("device=a", "");

    assertThat(answer.status()).isEqualTo(503);
    assertThat(answer.header("Retry-After")).isEqualTo("1");
    await().until(() -> Integer.parseInt(get("device=a", "").header("Retry-After")) >= 2);
    assertThat(answer.body())
        .contains("questdb cannot answer now: try again")
        .doesNotContain("the server is away");
  }

  @Test
  void asksForTheSourceAtEveryRequest() {
    assertThat(get("device=a", "").body()).contains("\"source\":\"mysql\"");
    reads.replace(
        new ReadingSource() {
          @Override
          public String name() {
            return "questdb";
          }

          @Override
          public void read(ReadingQuery query, Consumer<Reading> each) {}
        });
    assertThat(get("device=a", "").body()).contains("\"source\":\"questdb\"");
  }

  @Test
  void readsAgainFromTheNewStoreWhenAFlipCameInBetween() {
    store.add("a", "b", 0, 1);
    Store next = new Store("questdb");
    next.add("a", "b", 0, 2);
    reads.replace(
        new ReadingSource() {
          @Override
          public String name() {
            return "mysql";
          }

          @Override
          public void read(ReadingQuery query, Consumer<Reading> each) throws UnavailableException {
            store.read(query, each);
            reads.replace(next);
          }
        });

    Answer answer = get("device=a", "");

    assertThat(answer.body()).startsWith("{\"source\":\"questdb\"").contains("\"value\":2.0");
    assertThat(answer.header("X-Sluice-Source")).isEqualTo("questdb");
  }

  @Test
  void readsAgainWhenTheOldStoreFailsDuringAFlip() {
    reads.replace(
        new ReadingSource() {
          @Override
          public String name() {
            return "questdb";
          }

          @Override
          public void read(ReadingQuery query, Consumer<Reading> each) throws UnavailableException {
            reads.replace(store);
            throw new UnavailableException("the server is away", null);
          }
        });

    assertThat(get("device=a", "").body()).startsWith("{\"source\":\"mysql\"");
  }

  @Test
  void asksTheClientToComeAgainWhenFlipsNeverEnd() {
    reads.replace(
        new ReadingSource() {
          @Override
          public String name() {
            return "mysql";
          }

          @Override
          public void read(ReadingQuery query, Consumer<Reading> each) {
            reads.replace(this);
          }
        });

    Answer answer = get("device=a", "");

    assertThat(answer.status()).isEqualTo(503);
    assertThat(answer.header("Retry-After")).isEqualTo("1");
    assertThat(answer.body()).contains("reads are held by a phase change");
  }

  @Test
  void comparesWhatItAnsweredWithTheOtherStore() {
    Store other = new Store("questdb");
    shadow = new ShadowReads(1, new OneOther(Optional.of(other)));
    stop();
    start();
    store.add("a", "b", 0, 1);
    other.add("a", "b", 0, 1);

    assertThat(get("device=a", "").status()).isEqualTo(200);
    await().until(() -> shadow.counts().compared() == 1);
    assertThat(shadow.counts().different()).isZero();

    other.add("a", "c", 0, 1);
    get("device=a", "");
    await().until(() -> shadow.counts().different() == 1);
  }

  private Answer get(String parameters, String headers) {
    try (RawHttp http = new RawHttp(server.port())) {
      return http.get("/v1/readings" + (parameters.isEmpty() ? "" : "?" + parameters), headers);
    }
  }

  private static List<String> rows(String body) {
    return Pattern.compile("\\{\"device_id\"[^}]*}")
        .matcher(body)
        .results()
        .map(r -> r.group())
        .toList();
  }

  private static List<String> metrics(String body) {
    return Pattern.compile("\"metric\":\"([^\"]*)\"")
        .matcher(body)
        .results()
        .map(r -> r.group(1))
        .toList();
  }

  /** A store that is a list. */
  private static final class Store implements ReadingSource {
    private static final Comparator<Reading> ORDER =
        Comparator.comparingLong(Reading::tsMicros).thenComparing(Reading::metric);

    private final String name;
    private final List<Reading> readings = Collections.synchronizedList(new ArrayList<>());

    Store(String name) {
      this.name = name;
    }

    void add(String device, String metric, long ts, double value) {
      readings.add(new Reading(device, metric, ts, value));
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public void read(ReadingQuery query, Consumer<Reading> each) {
      Comparator<Reading> order = query.descending() ? ORDER.reversed() : ORDER;
      readings.stream()
          .filter(r -> r.device().equals(query.device()))
          .filter(r -> query.metric().map(r.metric()::equals).orElse(true))
          .filter(r -> r.tsMicros() >= query.fromMicros() && r.tsMicros() < query.toMicros())
          .filter(r -> query.after().map(p -> order.compare(at(r, p), r) < 0).orElse(true))
          .sorted(order)
          .limit(query.limit())
          .forEach(each);
    }

    private static Reading at(Reading r, ReadingQuery.Position p) {
      return new Reading(r.device(), p.metric(), p.tsMicros(), 0);
    }
  }
}
