package dev.sluice.ingest.http;

import dev.sluice.http.ErrorAnswer;
import dev.sluice.http.auth.Client;
import dev.sluice.ingest.format.Codec;
import dev.sluice.ingest.format.Precision;
import io.helidon.http.Header;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;

/**
 * One write request, what its route makes of its body, and how it is answered. Confined to the
 * connection's virtual thread.
 *
 * @param client who sends it
 * @param overLimit how a client over a limit of its own is refused
 * @param precision counts for {@link Format#LINES} only
 * @param whole whether nothing is kept if anything is refused
 */
record IngestRequest(
    Client client,
    ServerRequest request,
    ServerResponse response,
    Status overLimit,
    Format format,
    Precision precision,
    boolean whole) {
  private static final HeaderName SAMPLES_WRITTEN =
      HeaderNames.create("X-Prometheus-Remote-Write-Samples-Written");
  private static final Header NO_HISTOGRAMS_WRITTEN =
      HeaderValues.createCached("X-Prometheus-Remote-Write-Histograms-Written", "0");
  private static final Header NO_EXEMPLARS_WRITTEN =
      HeaderValues.createCached("X-Prometheus-Remote-Write-Exemplars-Written", "0");

  /** A request of which the good readings are kept, whatever becomes of the others. */
  IngestRequest(
      Client client,
      ServerRequest request,
      ServerResponse response,
      Status overLimit,
      Format format,
      Precision precision) {
    this(client, request, response, overLimit, format, precision, false);
  }

  /** This request's codec among those of the area. */
  Codec codec(HttpWorkArea area) {
    return area.codec(format, precision);
  }

  /** Sends the answer; to be called once. */
  void send(WriteAnswer answer) {
    if (format.isOtlp()) {
      OtlpAnswer.send(this, answer);
      return;
    }
    switch (answer) {
      case WriteAnswer.Complete complete -> {
        sayWritten(complete.written());
        response.status(Status.NO_CONTENT_204).send();
      }
      case WriteAnswer.Partly partly ->
          throw new AssertionError("only OTLP has an answer for " + partly);
      case WriteAnswer.Never never -> {
        sayWritten(never.written());
        send(never.status(), never.json());
      }
      case WriteAnswer.NotNow notNow ->
          later(Status.SERVICE_UNAVAILABLE_503, notNow.retrySeconds(), notNow.message());
      case WriteAnswer.Limited over -> later(overLimit, over.retrySeconds(), over.message());
    }
  }

  /** Prometheus takes a 2xx to version 2 without these for a failure. */
  private void sayWritten(int samples) {
    if (format.isRemoteWrite()) {
      response.header(SAMPLES_WRITTEN, Integer.toString(samples));
      response.header(NO_HISTOGRAMS_WRITTEN);
      response.header(NO_EXEMPLARS_WRITTEN);
    }
  }

  private void later(Status status, int retrySeconds, String message) {
    inChunksIfNeeded();
    ErrorAnswer.sendLater(request, response, status, retrySeconds, message);
  }

  private void send(Status status, String json) {
    if (status.equals(Status.LENGTH_REQUIRED_411)) {
      // What comes next is the body, if there is one, and not another request.
      response.header(HeaderValues.CONNECTION_CLOSE);
    }
    inChunksIfNeeded();
    ErrorAnswer.sendBody(request, response, status, json);
  }

  /** QuestDB's Java client reads the body of an error only if it comes in chunks. */
  private void inChunksIfNeeded() {
    if (format == Format.LINES && !request.headers().containsToken(HeaderValues.CONNECTION_CLOSE)) {
      response.header(HeaderValues.TRANSFER_ENCODING_CHUNKED);
    }
  }
}
