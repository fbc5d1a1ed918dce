package dev.sluice.admin;

import dev.sluice.api.Json;
import dev.sluice.doctor.Doctor;
import dev.sluice.http.auth.Scope;
import dev.sluice.http.auth.TokenAuth;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;

/** {@code GET /v1/doctor}: what would make the next gap. Thread-safe. */
public final class DoctorRoutes implements HttpService {
  private final Doctor doctor;
  private final TokenAuth auth;

  /**
   * Creates the route; the caller registers it.
   *
   * @param auth it needs the scope read or admin
   */
  public DoctorRoutes(Doctor doctor, TokenAuth auth) {
    this.doctor = doctor;
    this.auth = auth;
  }

  @Override
  public void routing(HttpRules rules) {
    rules.get(
        "/v1/doctor",
        auth.require(
            (request, response) ->
                response
                    .header(HeaderValues.CONTENT_TYPE_JSON)
                    .send(Json.write(doctor.report()) + "\n"),
            Scope.READ,
            Scope.ADMIN));
  }
}
