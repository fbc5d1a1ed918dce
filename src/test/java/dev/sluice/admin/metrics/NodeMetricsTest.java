package dev.sluice.admin.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Status;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class NodeMetricsTest {
  private final List<Status.Node> nodes = new ArrayList<>();
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final NodeMetrics metrics = new NodeMetrics(() -> nodes);

  @Test
  void countsNodesByRoleAndStateAndSaysWhatThisOneDoes() {
    metrics.bindTo(registry);
    nodes.add(node("a", List.of("ingest"), Status.Node.LIVE, false, false));
    nodes.add(node("b", List.of("delivery", "ingest"), Status.Node.GONE, false, false));
    nodes.add(node("c", List.of("delivery"), Status.Node.LIVE, true, false));
    nodes.add(node("d", List.of("delivery"), Status.Node.LIVE, false, true));

    assertThat(registry.scrape())
        .contains(
            "sluice_nodes{role=\"delivery\",state=\"gone\"} 1.0",
            "sluice_nodes{role=\"delivery\",state=\"live\"} 2.0",
            "sluice_nodes{role=\"ingest\",state=\"gone\"} 1.0",
            "sluice_nodes{role=\"ingest\",state=\"live\"} 1.0",
            "sluice_node_leads 0.0",
            "sluice_node_partitions 0.0");

    nodes.set(3, node("d", List.of("delivery"), Status.Node.LIVE, true, true));

    assertThat(registry.scrape()).contains("sluice_node_leads 1.0", "sluice_node_partitions 8.0");
  }

  private static Status.Node node(
      String id, List<String> roles, String state, boolean leads, boolean self) {
    return new Status.Node(id, roles, state, leads, 1, 0.5, "", "", self, leads ? 8 : 0, 0L);
  }
}
