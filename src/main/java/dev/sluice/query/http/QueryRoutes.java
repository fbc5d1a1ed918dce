package dev.sluice.query.http;

import dev.sluice.http.ByteBudget;
import dev.sluice.http.ErrorAnswer;
import dev.sluice.http.RetryAfter;
import dev.sluice.http.auth.Client;
import dev.sluice.http.auth.Scope;
import dev.sluice.http.auth.TokenAuth;
import dev.sluice.http.limit.Account;
import dev.sluice.http.limit.Limits;
import dev.sluice.http.limit.OverLimit;
import dev.sluice.query.PageDigest;
import dev.sluice.query.Reads;
import dev.sluice.query.Reads.Lease;
import dev.sluice.query.ShadowReads;
import dev.sluice.reading.Reading;
import dev.sluice.store.ReadingQuery;
import dev.sluice.store.ReadingQuery.Position;
import dev.sluice.store.ReadingSource;
import dev.sluice.store.ReadingSource.UnavailableException;
import io.helidon.http.Header;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.ServerRequestHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code GET /v1/readings}: one page of a device's readings, from the store that the phase reads.
 * Runs on the connection's virtual thread; thread-safe. A flip may make a read wait, or repeat it
 * on the other store; neither for longer than the flip may take.
 */
public final class QueryRoutes implements HttpService {
  /** The most bytes of all pages in memory at the same time. */
  private static final long MOST_PAGE_BYTES = 64L << 20;

  /** How many times a read is attempted if flips interfere. */
  private static final int TRIES = 3;

  /** A reading may be replaced by a later one with its identity. */
  private static final Header NO_STORE =
      HeaderValues.createCached(HeaderNames.CACHE_CONTROL, "no-store");

  private static final Logger LOG = LoggerFactory.getLogger(QueryRoutes.class);
  private static final long BETWEEN_LOGS_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final HeaderName SOURCE = HeaderNames.create("X-Sluice-Source");

  private final Reads reads;
  private final ShadowReads shadow;
  private final TokenAuth auth;
  private final Limits limits;
  private final ByteBudget budget = new ByteBudget(MOST_PAGE_BYTES);
  private final RetryAfter retryAfter = new RetryAfter(1);
  private final AtomicLong nextLog = new AtomicLong(System.nanoTime());

  /** The memory that pages take while they are built or sent. */
  public ByteBudget pages() {
    return budget;
  }

  /**
   * Creates the routes; the caller registers them.
   *
   * @param reads the store to read now; asked once per attempt
   * @param shadow compares a share of the results with the other store's
   * @param limits what each client may do
   */
  public QueryRoutes(Reads reads, ShadowReads shadow, TokenAuth auth, Limits limits) {
    this.limits = limits;
    this.reads = reads;
    this.shadow = shadow;
    this.auth = auth;
  }

  @Override
  public void routing(HttpRules rules) {
    rules.get("/v1/readings", auth.require(this::readings, Scope.READ));
  }

  private void readings(Client client, ServerRequest request, ServerResponse response) {
    QueryParameters parameters = new QueryParameters(request.query());
    ReadingQuery query = parameters.query();
    if (!parameters.error().isEmpty()) {
      ErrorAnswer.send(request, response, Status.BAD_REQUEST_400, parameters.error());
      return;
    }
    if (!query.device().startsWith(client.devicePrefix())) {
      ErrorAnswer.send(
          request,
          response,
          Status.FORBIDDEN_403,
          "device \"%s\" is none of this token's, whose names begin with \"%s\""
              .formatted(query.device(), client.devicePrefix()));
      return;
    }
    Account account = limits.of(client, request.remotePeer().address());
    OverLimit over = account.tryRead();
    if (over != null) {
      limited(request, response, over, "");
      return;
    }
    try {
      answer(account, request, response, parameters, query);
    } finally {
      account.leave();
    }
  }

  private void answer(
      Account account,
      ServerRequest request,
      ServerResponse response,
      QueryParameters parameters,
      ReadingQuery query) {
    for (int i = 0; i < TRIES; i++) {
      Optional<Lease> lease = reads.acquire();
      if (lease.isEmpty()) {
        break;
      }
      if (answer(account, request, response, parameters, query, lease.orElseThrow())) {
        return;
      }
    }
    ErrorAnswer.sendNotNow(request, response, retryAfter.refused(), reads.refusal());
  }

  /** Returns false if a flip intervened: what was read does not count, and nothing was sent. */
  private boolean answer(
      Account account,
      ServerRequest request,
      ServerResponse response,
      QueryParameters parameters,
      ReadingQuery query,
      Lease lease) {
    ReadingSource source = lease.source();
    PageFormat format = format(request.headers());
    boolean shadowed = shadow.draw();
    try (PageBuffer buffer = new PageBuffer(budget, account)) {
      Page page = new Page(buffer, format, query.limit(), shadowed);
      page.begin(source.name());
      OverLimit over = account.enterReader(source.readers());
      if (over != null) {
        limited(request, response, over, "");
        return true;
      }
      try {
        source.read(query, page);
      } finally {
        account.leaveReader();
      }
      String next = page.end();
      if (!reads.stands(lease)) {
        return false;
      }
      response.header(HeaderNames.CONTENT_TYPE, format.contentType);
      response.header(SOURCE, source.name());
      response.header(ErrorAnswer.NO_SNIFF);
      response.header(NO_STORE);
      if (!next.isEmpty()) {
        response.header(
            HeaderValues.create(
                HeaderNames.LINK, "<" + parameters.targetOf(next) + ">; rel=\"next\""));
      }
      retryAfter.over();
      buffer.send(response);
      if (shadowed) {
        shadow.compare(query, source, page.digest);
      }
    } catch (UnavailableException e) {
      if (!reads.stands(lease)) {
        return false;
      }
      // A store's error text may name hosts, paths and statements: it is for the log only.
      log(source, e);
      ErrorAnswer.sendNotNow(
          request,
          response,
          retryAfter.refused(),
          source.name() + " cannot answer now: try again; Sluice's log says why");
    } catch (PageBuffer.NoRoomException e) {
      String smaller = ", or with a smaller limit";
      OverLimit over = e.over();
      if (over != null) {
        limited(request, response, over, smaller);
      } else {
        ErrorAnswer.sendNotNow(
            request, response, retryAfter.refused(), e.getMessage() + ": try again" + smaller);
      }
    }
    return true;
  }

  private static void limited(
      ServerRequest request, ServerResponse response, OverLimit over, String orElse) {
    ErrorAnswer.sendLater(
        request,
        response,
        Status.TOO_MANY_REQUESTS_429,
        over.retrySeconds(),
        "%s: try again in %s s%s".formatted(over.reason(), over.retrySeconds(), orElse));
  }

  private void log(ReadingSource source, UnavailableException e) {
    long now = System.nanoTime();
    long next = nextLog.get();
    if (now - next >= 0 && nextLog.compareAndSet(next, now + BETWEEN_LOGS_NANOS)) {
      LOG.warn("Reads are refused, because {} cannot answer: {}", source.name(), e.getMessage());
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
    private final boolean shadowed;
    private final PageDigest digest = new PageDigest();
    private final StringBuilder line = new StringBuilder(256);
    private int count;
    private Position last = new Position(0, "");

    Page(PageBuffer buffer, PageFormat format, int limit, boolean shadowed) {
      this.buffer = buffer;
      this.format = format;
      this.limit = limit;
      this.shadowed = shadowed;
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
      if (shadowed) {
        digest.accept(reading);
      }
      last = new Position(reading.tsMicros(), reading.metric());
    }

    /** Ends the page; returns the token of the next one, empty if this page is not full. */
    String end() {
      String next = count == limit ? PageToken.of(last) : "";
      format.end(line, next);
      buffer.append(line);
      return next;
    }
  }
}
