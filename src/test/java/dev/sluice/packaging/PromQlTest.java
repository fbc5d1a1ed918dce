package dev.sluice.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;

class PromQlTest {
  @Test
  void findsEveryMetricOfAnExpression() {
    assertThat(
            PromQl.selectors(
                "sum by (le) (rate(a_total{x=\"1\", y=~\"2|3\"}[$__rate_interval])) / b > 0.2"
                    + " and predict_linear(c_bytes[15m], 4 * 3600) > 1e3 unless abs(d)"))
        .containsExactly(
            new PromQl("a_total", Set.of("x=\"1\"")),
            new PromQl("b", Set.of()),
            new PromQl("c_bytes", Set.of()),
            new PromQl("d", Set.of()));
  }

  @Test
  void looksForNameAndLabelsInAScrape() {
    String scrape = "# HELP a_total x\na_total{x=\"1\",y=\"2\"} 7.0\nb 1.0\n";

    assertThat(new PromQl("a_total", Set.of("x=\"1\"")).isIn(scrape)).isTrue();
    assertThat(new PromQl("a_total", Set.of("x=\"2\"")).isIn(scrape)).isFalse();
    assertThat(new PromQl("b", Set.of()).isIn(scrape)).isTrue();
    assertThat(new PromQl("a", Set.of()).isIn(scrape)).isFalse();
    assertThat(new PromQl("x", Set.of()).isIn(scrape)).isFalse();
  }
}
