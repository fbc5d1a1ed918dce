package dev.sluice.query;

import dev.sluice.http.ByteBudget;
import dev.sluice.http.ErrorAnswer;
import dev.sluice.http.Scope;
import dev.sluice.http.TokenAuth;
import dev.sluice.reading.Reading;
import dev.sluice.sink.ReadingQuery;
import dev.sluice.sink.ReadingQuery.Position;
import dev.sluice.sink.ReadingSource;
import dev.sluice.sink.ReadingSource.UnavailableException;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.ServerRequestHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * {@code GET /v1/readings}: one page of a device's readings, from the store that the phase reads.
 * Runs on the connection's virtual thread; thread-safe.
 */
public final class QueryRoutes implements HttpService {
  /** Most bytes of all pages being made at once. */
  private static final long MOST_PAGE_BYTES = 64L << 20;

  private static final HeaderName SOURCE = HeaderNames.create("X-Sluice-Source");

  private final Supplier<ReadingSource> sources;
  private final TokenAuth auth;
  private final ByteBudget budget = new ByteBudget(MOST_PAGE_BYTES);

  /**
   * Routes that are not registered yet.
   *
   * @param sources the store to read now; asked once a request
   */
  public QueryRoutes(Supplier<ReadingSource> sources, TokenAuth auth) {
    this.sources = sources;
    this.auth = auth;
  }

  @Override
  public void routing(HttpRules rules) {
    rules.get("/v1/readings", auth.require(this::readings, Scope.READ));
  }

  private void readings(ServerRequest request, ServerResponse response) {
    QueryParameters parameters = new QueryParameters(request.query());
    ReadingQuery query = parameters.query();
    if (!parameters.error().isEmpty()) {
      ErrorAnswer.send(request, response, Status.BAD_REQUEST_400, parameters.error());
      return;
    }
    ReadingSource source = sources.get();
    PageFormat format = format(request.headers());
    try (PageBuffer buffer = new PageBuffer(budget)) {
      Page page = new Page(buffer, format, query.limit());
      page.begin(source.name());
      source.read(query, page);
      String next = page.end();
      response.header(HeaderNames.CONTENT_TYPE, format.contentType);
      response.header(SOURCE, source.name());
      if (!next.isEmpty()) {
        response.header(
            HeaderValues.create(
                HeaderNames.LINK, "<" + parameters.targetOf(next) + ">; rel=\"next\""));
      }
      buffer.send(response);
    } catch (UnavailableException e) {
      ErrorAnswer.sendNotNow(request, response, source.name() + ": " + e.getMessage());
    } catch (PageBuffer.NoRoomException e) {
      ErrorAnswer.sendNotNow(
          request, response, e.getMessage() + ": try again, or with a smaller limit");
    }
  }

  private static PageFormat format(ServerRequestHeaders headers) {
    boolean csv =
        headers.contains(HeaderNames.ACCEPT)
            && headers.get(HeaderNames.ACCEPT).values().contains("text/csv");
    return csv ? PageFormat.CSV : PageFormat.JSON;
  }

  /** A page being written, row by row. Confined to one request. */
  private static final class Page implements Consumer<Reading> {
    private final PageBuffer buffer;
    private final PageFormat format;
    private final int limit;
    private final StringBuilder line = new StringBuilder(256);
    private int count;
    private Position last = new Position(0, "");

    Page(PageBuffer buffer, PageFormat format, int limit) {
      this.buffer = buffer;
      this.format = format;
      this.limit = limit;
    }

    void begin(String source) {
      format.begin(line, source);
      buffer.append(line);
    }

    @Override
    public void accept(Reading reading) {
      format.row(line, reading, count == 0);
      buffer.append(line);
      count++;
      last = new Position(reading.tsMicros(), reading.metric());
    }

    /** Ends the page and names the next, if this one is full. */
    String end() {
      String next = count == limit ? PageToken.of(last) : "";
      format.end(line, next);
      buffer.append(line);
      return next;
    }
  }
}
