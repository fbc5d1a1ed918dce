package dev.sluice.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeHomeTest {
  private static final NodeConfig UNNAMED =
      new NodeConfig(Optional.empty(), EnumSet.allOf(NodeRole.class));

  @TempDir private Path data;

  @Test
  void isTheSameAfterARestartAndAnotherInAnotherFolder() throws Exception {
    String home;
    String id;
    try (NodeHome first = open()) {
      home = first.home();
      id = first.id();
      assertThat(id).endsWith("-" + home.substring(0, 4)).matches("[A-Za-z0-9._-]{1,64}");
    }

    try (NodeHome again = open();
        NodeHome other = NodeHome.open(data.resolve("other"), UNNAMED)) {
      assertThat(again.home()).isEqualTo(home);
      assertThat(again.id()).isEqualTo(id);
      assertThat(other.home()).isNotEqualTo(home);
    }
  }

  @Test
  void isCalledWhatTheSettingsSay() throws Exception {
    NodeConfig named = new NodeConfig(Optional.of("box-7"), UNNAMED.roles());

    try (NodeHome home = NodeHome.open(data, named)) {
      assertThat(home.id()).isEqualTo("box-7");
    }
  }

  /** For whoever only looks, while the node runs or not. */
  @Test
  void isKnownByItsFolder() throws Exception {
    assertThat(NodeHome.kept(data, UNNAMED)).isEmpty();
    assertThat(data).isEmptyDirectory();

    try (NodeHome home = open()) {
      assertThat(NodeHome.kept(data, UNNAMED)).contains(home.id());
    }
    NodeConfig named = new NodeConfig(Optional.of("box-7"), UNNAMED.roles());
    assertThat(NodeHome.kept(data, named)).contains("box-7");
  }

  @Test
  void belongsToOneProcessAtATime() throws Exception {
    try (NodeHome home = open()) {
      assertThat(home.home()).isNotEmpty();
      assertThatThrownBy(this::open)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("data.dir " + data + " is in use by another Sluice");
    }
  }

  @Test
  void refusesADamagedHome() throws Exception {
    open().close();
    Files.writeString(data.resolve("node").resolve("home"), "mine\n");

    assertThatThrownBy(this::open)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("home is damaged: delete it");
  }

  @Test
  void knowsWhetherOthersHaveLedInBetween() throws Exception {
    try (NodeHome home = open()) {
      assertThat(leads(home, 1)).isTrue();
      assertThat(leads(home, 2)).isTrue();
      assertThat(leads(home, 4)).isFalse();
    }
    try (NodeHome home = open()) {
      assertThat(leads(home, 5)).isTrue();
    }
    Files.writeString(data.resolve("node").resolve("term"), "five\n");
    try (NodeHome home = open()) {
      assertThat(leads(home, 6)).isFalse();
    }
  }

  @Test
  void aNodeThatLeadsForTheFirstTimeHasMissedTheTermsBefore() throws Exception {
    try (NodeHome home = open()) {
      assertThat(leads(home, 3)).isFalse();
    }
  }

  private NodeHome open() throws IOException {
    return NodeHome.open(data, UNNAMED);
  }

  /** Leads in this term; returns whether it led in the one before. */
  private static boolean leads(NodeHome home, long term) throws IOException {
    boolean before = home.ledBefore(term);
    home.leads(term);
    return before;
  }
}
