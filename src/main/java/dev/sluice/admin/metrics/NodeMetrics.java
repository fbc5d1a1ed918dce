package dev.sluice.admin.metrics;

import dev.sluice.api.Status;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.List;
import java.util.function.Supplier;

/** The nodes of the topic, as this one sees them; read at the scrape. Thread-safe. */
public final class NodeMetrics implements MeterBinder {
  private static final List<String> ROLES = List.of("ingest", "delivery");

  private final Supplier<List<Status.Node>> nodes;

  /** Binds nothing yet. */
  public NodeMetrics(Supplier<List<Status.Node>> nodes) {
    this.nodes = nodes;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    for (String role : ROLES) {
      for (String state : List.of(Status.Node.LIVE, Status.Node.GONE)) {
        Gauge.builder("sluice.nodes", () -> count(role, state))
            .tag("role", role)
            .tag("state", state)
            .description("Nodes that share the topic; one with both roles counts in each")
            .register(registry);
      }
    }
    Gauge.builder("sluice.node.leads", () -> leads() ? 1 : 0)
        .description("1 while this node leads")
        .register(registry);
    Gauge.builder("sluice.node.partitions", this::partitions)
        .description("Partitions of the topic that this node delivers to the stores")
        .register(registry);
  }

  private long count(String role, String state) {
    return nodes.get().stream()
        .filter(node -> node.state().equals(state) && node.roles().contains(role))
        .count();
  }

  private int partitions() {
    return nodes.get().stream()
        .filter(Status.Node::self)
        .map(Status.Node::partitions)
        .mapToInt(count -> count == null ? 0 : count)
        .sum();
  }

  private boolean leads() {
    return nodes.get().stream().anyMatch(node -> node.self() && node.leads());
  }
}
