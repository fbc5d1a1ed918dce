package dev.sluice.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class GateTest {
  private final Gate gate = new Gate();

  @Test
  void letsNobodyInBeforeItOpensOrAfterTheDrainBegins() {
    assertThat(gate.tryEnter()).isFalse();

    gate.open();
    assertThat(gate.tryEnter()).isTrue();

    gate.drain();
    gate.open();
    assertThat(gate.state()).isEqualTo(Gate.State.DRAINING);
    assertThat(gate.tryEnter()).isFalse();
    assertThat(gate.inside()).isEqualTo(1);
  }

  @Test
  void staysShutForGoodWhereNothingIsTakenIn() {
    gate.keepShut();
    gate.open();
    assertThat(gate.tryEnter()).isFalse();
    assertThat(gate.state().reason()).contains("node.roles are delivery");

    gate.drain();
    gate.keepShut();
    assertThat(gate.state()).isEqualTo(Gate.State.DRAINING);
  }

  @Test
  void waitsForThoseInside() {
    gate.open();
    gate.tryEnter();
    gate.drain();
    assertThat(gate.awaitEmpty(Duration.ofMillis(20))).isFalse();

    Thread.ofVirtual().start(gate::leave);

    assertThat(gate.awaitEmpty(Duration.ofSeconds(10))).isTrue();
  }
}
