package dev.sluice.openapi;

import io.helidon.http.Method;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRoute;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Notes which paths and methods services register, and serves nothing. A handler for any method is
 * left out: it is a way of refusing the others. Confined to one thread.
 */
final class RegisteredRoutes implements HttpRules {
  private final String prefix;
  private final Map<String, Set<String>> methods;

  private RegisteredRoutes(String prefix, Map<String, Set<String>> methods) {
    this.prefix = prefix;
    this.methods = methods;
  }

  /** The methods of each path, in lower case. */
  static Map<String, Set<String>> of(Collection<? extends HttpService> services) {
    RegisteredRoutes routes = new RegisteredRoutes("", new LinkedHashMap<>());
    services.forEach(service -> service.routing(routes));
    return routes.methods;
  }

  @Override
  public HttpRules register(HttpService... services) {
    for (HttpService service : services) {
      service.routing(this);
    }
    return this;
  }

  @Override
  public HttpRules register(String path, HttpService... services) {
    new RegisteredRoutes(prefix + path, methods).register(services);
    return this;
  }

  @Override
  public HttpRules route(Method method, String path, Handler handler) {
    // Here {+id} is a variable that may hold slashes; OpenAPI has no word for that.
    methods
        .computeIfAbsent((prefix + path).replace("{+", "{"), key -> new TreeSet<>())
        .add(method.text().toLowerCase(Locale.ROOT));
    return this;
  }

  @Override
  public HttpRules route(HttpRoute route) {
    return this;
  }
}
