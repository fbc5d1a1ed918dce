package dev.sluice.admin.web;

import dev.sluice.http.ErrorAnswer;
import dev.sluice.http.MethodNotAllowed;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * {@code GET /}: the operator's page, and below {@code /page/} its files. They are the same for
 * everybody and need no token; the data they ask for does. Loaded once, from the class path.
 * Thread-safe.
 */
public final class PageRoutes implements HttpService {
  /** Below {@code /page/}; a test compares with the files that are there. */
  static Stream<String> files() {
    return Stream.of(
        "backfill.js",
        "charts.js",
        "client.js",
        "dom.js",
        "fleet.js",
        "flip.js",
        "format.js",
        "heatmap.js",
        "icon.svg",
        "main.js",
        "now.js",
        "page.css",
        "parity.js",
        "phases.js",
        "series.js",
        "system.js",
        "timeline.js",
        "token.js",
        "verdict.js");
  }

  private static final String CHARTS = "/META-INF/resources/webjars/uplot/1.6.30/dist/";

  /** Nothing from elsewhere, nothing inline, in nobody's frame. */
  private static final Header POLICY =
      HeaderValues.createCached(
          "Content-Security-Policy",
          "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
              + " object-src 'none'");

  private static final Header NO_REFERRER =
      HeaderValues.createCached("Referrer-Policy", "no-referrer");

  /** Asked for again every time, and not sent again while it is the same. */
  private static final Header REVALIDATE =
      HeaderValues.createCached(HeaderNames.CACHE_CONTROL, "no-cache");

  private final Asset page = Asset.read("/page/index.html");
  private final Map<String, Asset> files;

  /** Reads the files; the caller registers the routes. */
  public PageRoutes() {
    this.files =
        Stream.concat(
                files().map(name -> Map.entry(name, Asset.read("/page/" + name))),
                Stream.of("uPlot.esm.js", "uPlot.min.css")
                    .map(name -> Map.entry(name, Asset.read(CHARTS + name))))
            .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  @Override
  public void routing(HttpRules rules) {
    rules
        .get("/", this::page)
        .head("/", this::page)
        .any("/", MethodNotAllowed.allowing("GET, HEAD"))
        .get("/page/{file}", this::file)
        .head("/page/{file}", this::file)
        .any("/page/{file}", MethodNotAllowed.allowing("GET, HEAD"));
  }

  private void page(ServerRequest request, ServerResponse response) {
    send(request, response, page);
  }

  private void file(ServerRequest request, ServerResponse response) {
    String name = request.path().pathParameters().get("file");
    Asset asset = files.get(name);
    if (asset == null) {
      ErrorAnswer.send(
          request, response, Status.NOT_FOUND_404, "there is no /page/" + name + ": open /");
      return;
    }
    send(request, response, asset);
  }

  private static void send(ServerRequest request, ServerResponse response, Asset asset) {
    response
        .header(POLICY)
        .header(NO_REFERRER)
        .header(ErrorAnswer.NO_SNIFF)
        .header(REVALIDATE)
        .header(HeaderNames.ETAG, asset.etag());
    if (matches(request, asset.etag())) {
      response.status(Status.NOT_MODIFIED_304).send();
      return;
    }
    response.header(HeaderNames.CONTENT_TYPE, asset.type());
    ErrorAnswer.sendTo(request, response, asset.bytes());
  }

  private static boolean matches(ServerRequest request, String etag) {
    return request.headers().contains(HeaderNames.IF_NONE_MATCH)
        && request.headers().get(HeaderNames.IF_NONE_MATCH).allValues().stream()
            .flatMap(value -> Stream.of(value.split(",")))
            .map(value -> value.strip().replaceFirst("^W/", ""))
            .anyMatch(value -> value.equals(etag) || value.equals("*"));
  }
}
