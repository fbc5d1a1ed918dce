package dev.sluice.admin;

import dev.sluice.audit.AuditLog;
import dev.sluice.http.auth.Client;
import dev.sluice.http.auth.TokenAuth;
import io.helidon.http.Method;
import io.helidon.webserver.http.ServerRequest;

/**
 * Passes what the token check of the admin port sees on to the audit log: refused tokens, and
 * reads. Changes are recorded where they are made. Thread-safe.
 */
public final class AuditedRequests implements TokenAuth.Observer {
  private static final int MOST_PATH = 256;

  private final AuditLog audit;

  /** Passes them on to this log. */
  public AuditedRequests(AuditLog audit) {
    this.audit = audit;
  }

  @Override
  public void admitted(Client client, ServerRequest request) {
    if (!request.prologue().method().equals(Method.POST)) {
      String path = request.path().rawPath();
      audit.read(
          AuditLines.actor(client, request),
          path.length() <= MOST_PATH ? path : path.substring(0, MOST_PATH) + "…");
    }
  }

  @Override
  public void refused(ServerRequest request, String name) {
    audit.refusedToken(AuditLines.address(request), name);
  }
}
