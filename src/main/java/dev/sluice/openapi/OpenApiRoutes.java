package dev.sluice.openapi;

import dev.sluice.http.MethodNotAllowed;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /openapi.json}, for both ports. It needs no token, because it holds nothing of this
 * installation. Thread-safe.
 */
public final class OpenApiRoutes implements HttpService {
  private static final String PATH = "/openapi.json";

  private final Map<String, Set<String>> ingest;
  private final Map<String, Set<String>> admin;

  /** Made when it is first asked for: a start need not wait for it. */
  private volatile @Nullable String document;

  /**
   * Creates the route; the caller registers it on both ports.
   *
   * @param ingest the other routes of the ingest port
   * @param admin the other routes of the admin port
   */
  public OpenApiRoutes(
      Collection<? extends HttpService> ingest, Collection<? extends HttpService> admin) {
    this.ingest = RegisteredRoutes.of(with(ingest));
    this.admin = RegisteredRoutes.of(with(admin));
  }

  private List<HttpService> with(Collection<? extends HttpService> others) {
    return Stream.concat(others.stream(), Stream.of(this)).toList();
  }

  @Override
  public void routing(HttpRules rules) {
    rules.get(PATH, this::answer).any(PATH, MethodNotAllowed.allowing("GET"));
  }

  private void answer(ServerRequest request, ServerResponse response) {
    String made = document;
    if (made == null) {
      made = OpenApi.of(OpenApi.written(), ingest, admin) + "\n";
      document = made;
    }
    response.header(HeaderValues.CONTENT_TYPE_JSON).send(made);
  }
}
