package dev.sluice.admin;

import dev.sluice.api.About;
import dev.sluice.http.MethodNotAllowed;
import dev.sluice.http.auth.Scope;
import dev.sluice.http.auth.TokenAuth;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;

/**
 * {@code GET /v1/about}: which Sluice this is, on which Java, with which options file. Nothing of
 * it changes while the process runs. Thread-safe.
 */
public final class AboutRoutes implements HttpService {
  private static final String PATH = "/v1/about";

  private final TokenAuth auth;
  private final About about;

  /** Creates the routes for a process that keeps its data here; the caller registers them. */
  public AboutRoutes(Path dataDirectory, TokenAuth auth) {
    this.auth = auth;
    this.about =
        about(
            dataDirectory,
            ProcessHandle.current().info().arguments().orElseGet(() -> new String[0]));
  }

  /**
   * The answer.
   *
   * @param arguments the command line as it was typed: java replaces {@code @file} by what is in
   *     the file, and reports only that
   */
  static About about(Path dataDirectory, String[] arguments) {
    return new About(
        version(),
        Runtime.version() + ", " + System.getProperty("java.vendor"),
        System.getProperty("os.name") + " " + System.getProperty("os.version"),
        Runtime.getRuntime().availableProcessors(),
        Runtime.getRuntime().maxMemory(),
        ProcessHandle.current().pid(),
        dataDirectory.toAbsolutePath().toString(),
        Instant.ofEpochMilli(ManagementFactory.getRuntimeMXBean().getStartTime()),
        optionsFile(arguments).orElse(null));
  }

  private static String version() {
    return Optional.ofNullable(AboutRoutes.class.getPackage().getImplementationVersion())
        .orElse("not packaged");
  }

  private static Optional<String> optionsFile(String[] arguments) {
    return Arrays.stream(arguments)
        .takeWhile(argument -> !argument.equals("-jar"))
        .filter(argument -> argument.startsWith("@") && argument.length() > 1)
        .map(argument -> argument.substring(1))
        .findFirst();
  }

  @Override
  public void routing(HttpRules rules) {
    rules
        .get(
            PATH,
            auth.require(
                (request, response) -> Query.answer(response, about), Scope.READ, Scope.ADMIN))
        .any(PATH, MethodNotAllowed.allowing("GET"));
  }
}
