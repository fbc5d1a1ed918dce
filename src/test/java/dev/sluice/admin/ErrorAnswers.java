package dev.sluice.admin;

import static dev.sluice.admin.AdminPort.JSON;
import static dev.sluice.testing.TokenFiles.line;

import dev.sluice.audit.AuditLog;
import dev.sluice.http.RawHttp;
import dev.sluice.http.auth.AuthConfig;
import dev.sluice.http.auth.TokenAuth;
import dev.sluice.migration.StoreNames;
import dev.sluice.testing.TokenFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/** What the admin port answers to requests that it does not carry out, whatever the migration. */
final class ErrorAnswers {
  private final GoldenAnswers answers;

  ErrorAnswers(GoldenAnswers answers) {
    this.answers = answers;
  }

  void all() throws Exception {
    requestsThatAreWrong();
    requestsWithoutTheRight();
    requestsThatComeTooEarly();
    requestsThatFail();
    moreMapsThanAreAnswered();
  }

  private static AdminPort port(FakeMigration migration, TokenAuth auth) {
    AuditLog audit = AdminPort.audit();
    return new AdminPort(
        new CutoverRoutes(
            () -> Optional.of(migration.cutover()),
            new StoreNames("mysql", "questdb"),
            auth,
            audit),
        new BackfillRoutes(() -> Optional.of(migration.backfill()), auth, audit),
        new VerifyRoutes(() -> Optional.of(migration.verify()), auth, audit));
  }

  private void requestsThatAreWrong() {
    try (AdminPort port = port(new FakeMigration(), TokenAuth.everybody())) {
      answers.add("error-400-body", 400, port.post("/v1/verify", "[]"));
      answers.add("error-400-missing", 400, port.post("/v1/backfill", "{}"));
      answers.add("error-400-value", 400, port.post("/v1/cutover", "{'to':'Ünknown\\n'}"));
      answers.add("error-400-member", 400, port.post("/v1/cutover", "{'to':'mirror','now':1}"));
      answers.add("error-400-map", 400, port.get("/v1/verify?map=true&from=yesterday"));
      answers.add(
          "error-400-decision",
          400,
          port.post("/v1/backfill", "{'action':'start','decisions':{'duplicate':'copy'}}"));
      answers.add("error-400-http", 400, port.send("not HTTP\r\n\r\n"));
      answers.add("error-404", 404, port.get("/v1/nothing"));
      answers.add("error-405", 405, port.send(RawHttp.head("DELETE", "/v1/cutover", "")));
      answers.add("error-413", 413, port.post("/v1/verify", " ".repeat(64 * 1024 + 1)));
      answers.add("error-415", 415, port.post("/v1/verify", "Content-Type: text/plain\r\n", "{}"));
    }
  }

  private void requestsWithoutTheRight() throws Exception {
    try (AdminPort port = port(new FakeMigration(), tokens())) {
      answers.add("error-401", 401, port.get("/v1/cutover", bearer("nobody")));
      answers.add("error-403-read", 403, port.get("/v1/verify", bearer("sensor")));
      answers.add("error-403-change", 403, port.post("/v1/verify", bearer("reader") + JSON, "{}"));
    }
  }

  private void requestsThatComeTooEarly() {
    TokenAuth auth = TokenAuth.everybody();
    AuditLog audit = AdminPort.audit();
    try (AdminPort port =
        new AdminPort(
            new CutoverRoutes(Optional::empty, new StoreNames("mysql", "questdb"), auth, audit),
            new BackfillRoutes(Optional::empty, auth, audit))) {
      answers.add("error-503-show", 503, port.get("/v1/cutover"));
      answers.add("error-503-change", 503, port.post("/v1/backfill", "{'action':'pause'}"));
    }
  }

  private void requestsThatFail() {
    FakeMigration migration = new FakeMigration();
    migration.failure = new IllegalStateException("broken");
    try (AdminPort port = port(migration, TokenAuth.everybody())) {
      answers.add("error-503-show-failed", 503, port.get("/v1/backfill"));
      answers.add("error-503-change-failed", 503, port.post("/v1/cutover", "{'to':'questdb'}"));
    }
  }

  private void moreMapsThanAreAnswered() throws Exception {
    FakeMigration migration = new FakeMigration();
    migration.mayWriteMap.acquire();
    try (AdminPort port = port(migration, TokenAuth.everybody());
        ExecutorService askers = Executors.newVirtualThreadPerTaskExecutor()) {
      try {
        var first =
            Stream.generate(() -> askers.submit(() -> port.get("/v1/verify?map=true")))
                .limit(Control.MOST_TAILS)
                .toList();
        migration.writingMap.acquire(Control.MOST_TAILS);
        answers.add("error-503-maps", 503, port.get("/v1/verify?map=true"));
        migration.mayWriteMap.release();
        for (Future<RawHttp.Answer> each : first) {
          each.get();
        }
      } finally {
        migration.mayWriteMap.release();
      }
    }
  }

  private TokenAuth tokens() throws IOException {
    Path file = answers.data().resolve("tokens");
    TokenFiles.write(file, line("reader", "read"), line("sensor", "write"));
    return TokenAuth.of(new AuthConfig(AuthConfig.Mode.TOKENS, Optional.of(file)));
  }

  private static String bearer(String token) {
    return "Authorization: Bearer " + token + "\r\n";
  }
}
