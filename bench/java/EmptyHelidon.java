import io.helidon.http.Status;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;

/**
 * Reads every body, as it comes and into no buffer of its own, and answers 204. Argument: the port.
 */
public final class EmptyHelidon {
  private EmptyHelidon() {}

  public static void main(String[] args) {
    WebServer.builder()
        .host("127.0.0.1")
        .port(Integer.parseInt(args[0]))
        .routing(routing ->
            routing
                .get("/", (request, response) -> response.status(Status.NO_CONTENT_204).send())
                .post("/v1/readings", EmptyHelidon::read)
                .post("/write", EmptyHelidon::read))
        .build()
        .start();
  }

  private static void read(ServerRequest request, ServerResponse response) {
    request.content().consume();
    response.status(Status.NO_CONTENT_204).send();
  }
}
