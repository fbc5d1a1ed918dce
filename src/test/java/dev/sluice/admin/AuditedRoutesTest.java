package dev.sluice.admin;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static dev.sluice.admin.AdminPort.JSON;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import dev.sluice.audit.AuditChain;
import dev.sluice.audit.AuditConfig;
import dev.sluice.audit.AuditLog;
import dev.sluice.http.RawHttp.Answer;
import dev.sluice.http.auth.AuthConfig;
import dev.sluice.http.auth.TokenAuth;
import dev.sluice.migration.RefusedException;
import dev.sluice.migration.StoreNames;
import dev.sluice.testing.TokenFiles;
import io.helidon.http.Method;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRoute;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each route that changes something leaves a line before and one after. */
class AuditedRoutesTest {
  private static final String TOKEN = "open sesame";

  /** A request for each changing route; a route without one fails the test. */
  private static final Map<String, String> BODIES =
      Map.of(
          "/v1/cutover", "{'to':'questdb','by':'mallory','reason':'free text'}",
          "/v1/backfill", "{'action':'start','decisions':{'duplicate':'skip'}}",
          "/v1/verify", "{'action':'repair','execute':true}",
          "/v1/fleet", "{'action':'retire','device_id':'hall/7'}");

  @TempDir Path directory;

  private final FakeMigration migration = new FakeMigration();
  private Path file;
  private AuditLog audit;
  private List<HttpService> services = List.of();
  private AdminPort port;

  @BeforeEach
  void open() throws Exception {
    file = directory.resolve("audit.ndjson");
    Path tokens = directory.resolve("tokens");
    TokenFiles.write(tokens, TokenFiles.line(TOKEN, "admin"));
    audit = new AuditLog(new AuditConfig(file, true, 1 << 20), InstantSource.system());
    TokenAuth auth =
        TokenAuth.of(new AuthConfig(AuthConfig.Mode.TOKENS, Optional.of(tokens)))
            .observed(new AuditedRequests(audit));
    services =
        List.of(
            new CutoverRoutes(
                () -> Optional.of(migration.cutover()),
                new StoreNames("mysql", "questdb"),
                auth,
                audit),
            new BackfillRoutes(() -> Optional.of(migration.backfill()), auth, audit),
            new VerifyRoutes(() -> Optional.of(migration.verify()), auth, audit),
            new FleetRoutes(() -> Optional.of(Optional.empty()), auth, audit));
    port = new AdminPort(services.toArray(HttpService[]::new));
  }

  @AfterEach
  void close() {
    port.close();
    audit.close();
  }

  @Test
  void everyChangingRouteLeavesTwoLines() throws IOException {
    Set<String> changing = changingRoutes();
    assertThat(changing).isEqualTo(BODIES.keySet());
    int lines = 0;
    for (String path : changing) {
      Answer answer = post(path, Objects.requireNonNull(BODIES.get(path)));

      List<JsonObject> now = lines();
      assertThat(now).as(path).hasSize(lines + 2);
      JsonObject before = now.get(lines);
      assertThat(before.getString("event")).isEqualTo("before");
      assertThat(before.getJsonObject("who").toString())
          .isEqualTo(
              "{\"kind\":\"token\",\"name\":\"token:"
                  + HexFormat.of().formatHex(sha256(TOKEN), 0, 4)
                  + "\"}");
      assertThat(before.getString("from")).isEqualTo("127.0.0.1");
      assertThat(before.getString("method")).isEqualTo("POST");
      assertThat(before.getString("path")).isEqualTo(path);
      JsonObject after = now.get(lines + 1);
      assertThat(after.getString("event")).isEqualTo("after");
      assertThat(after.getString("of")).isEqualTo(after.getString("prev"));
      assertThat(after.getInt("status")).isEqualTo(answer.status());
      lines += 2;
    }
    assertThat(walk().fault()).isEmpty();
  }

  /** A way past it would be to register a route without it. */
  @Test
  void nothingButControlRegistersAChangingRoute() {
    Set<String> changing = Set.of("post", "put", "delete", "patch", "route");
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName(Control.class.getName())
        .should()
        .callMethodWhere(
            describe(
                "it registers a changing route",
                (JavaMethodCall call) ->
                    call.getTargetOwner().isAssignableTo(HttpRules.class)
                        && changing.contains(call.getName())))
        .check(
            new ClassFileImporter()
                .withImportOption(location -> !location.contains("/test-classes/"))
                .importPackages("dev.sluice.admin"));
  }

  @Test
  void recordsWhatIsAskedForAndNoFreeText() throws IOException {
    post("/v1/cutover", Objects.requireNonNull(BODIES.get("/v1/cutover")));
    post("/v1/backfill", Objects.requireNonNull(BODIES.get("/v1/backfill")));

    assertThat(lines().get(0).getJsonObject("given")).hasToString("{\"to\":\"questdb\"}");
    assertThat(lines().get(1).getJsonObject("result"))
        .hasToString("{\"report\":\"r1\",\"ready\":true}");
    assertThat(lines().get(2).getJsonObject("given"))
        .hasToString("{\"action\":\"start\",\"decisions\":{\"duplicate\":\"skip\"}}");
    assertThat(Files.readString(file)).doesNotContain("mallory", "free text", TOKEN);
  }

  @Test
  void givesTheFlipTheHashOfItsLine() throws IOException {
    post("/v1/cutover", "{'to':'retired','execute':true,'report':'r1','by':'ada'}");

    assertThat(migration.calls.getFirst())
        .contains("audit=" + lines().get(1).getString("prev") + "]");
    assertThat(lines().get(0).getJsonObject("given"))
        .hasToString("{\"to\":\"retired\",\"execute\":true,\"report\":\"r1\"}");
    assertThat(lines().get(1).getJsonObject("result").getInt("epoch")).isEqualTo(4);
  }

  @Test
  void recordsHowARefusedAndAFailedChangeEnded() throws IOException {
    migration.refusal = new RefusedException("not now");
    post("/v1/verify", "{'action':'start'}");
    migration.refusal = null;
    migration.failure = new IllegalStateException("broken");
    post("/v1/verify", "{'action':'start'}");
    migration.failure = null;
    post("/v1/verify", "{'action':'dance'}");

    assertThat(lines()).hasSize(6);
    assertThat(lines().get(1).getInt("status")).isEqualTo(409);
    assertThat(lines().get(3).getInt("status")).isEqualTo(503);
    assertThat(lines().get(5).getInt("status")).isEqualTo(400);
  }

  @Test
  void makesNoChangeThatCannotBeRecorded() throws IOException {
    Files.createDirectory(file);

    Answer refused = post("/v1/cutover", "{'to':'retired','execute':true,'report':'r1','by':'a'}");

    assertThat(refused.status()).isEqualTo(503);
    assertThat(refused.header("Retry-After")).isEqualTo("5");
    assertThat(refused.body()).contains("nothing was done", "audit file", "audit.file");
    assertThat(migration.calls).isEmpty();

    Files.delete(file);
    assertThat(post("/v1/verify", "{'action':'start'}").status()).isEqualTo(200);
    assertThat(migration.calls).hasSize(1);
  }

  @Test
  void recordsReadsAndRefusedTokens() throws IOException {
    port.get("/v1/backfill?token=x", bearer(TOKEN));
    port.get("/v1/cutover", bearer("guessed"));

    assertThat(lines()).hasSize(2);
    assertThat(lines().getFirst().getString("event")).isEqualTo("read");
    assertThat(lines().getFirst().getString("path")).isEqualTo("/v1/backfill");
    assertThat(lines().getLast().getString("event")).isEqualTo("refused");
    assertThat(lines().getLast().getJsonObject("from")).hasToString("{\"127.0.0.1\":1}");
    assertThat(Files.readString(file)).doesNotContain("guessed");
  }

  private Answer post(String path, String body) {
    return port.post(path, JSON + bearer(TOKEN), body);
  }

  private static String bearer(String token) {
    return "Authorization: Bearer " + token + "\r\n";
  }

  private List<JsonObject> lines() throws IOException {
    return Files.readAllLines(file).stream().map(FakeMigration::json).toList();
  }

  private AuditChain.Findings walk() throws IOException {
    return AuditChain.walk(file, new AuditChain.Expected(Optional.empty(), Set.of()));
  }

  private Set<String> changingRoutes() {
    Set<String> paths = new TreeSet<>();
    HttpRules noting =
        new HttpRules() {
          @Override
          public HttpRules register(HttpService... more) {
            throw new AssertionError("a service within a service is not expected here");
          }

          @Override
          public HttpRules register(String path, HttpService... more) {
            throw new AssertionError("a service within a service is not expected here");
          }

          @Override
          public HttpRules route(HttpRoute route) {
            return this;
          }

          @Override
          public HttpRules route(Method method, String path, Handler handler) {
            if (!method.equals(Method.GET) && !method.equals(Method.HEAD)) {
              paths.add(path);
            }
            return this;
          }
        };
    services.forEach(service -> service.routing(noting));
    return paths;
  }

  private static byte[] sha256(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
