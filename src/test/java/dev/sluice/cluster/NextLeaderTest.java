package dev.sluice.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.cluster.Nodes.Told;
import dev.sluice.migration.Successor;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class NextLeaderTest {
  private final Nodes nodes = new Nodes();

  @AfterEach
  void close() throws Exception {
    nodes.close();
  }

  /** A node that leads. */
  private record Leader(ControlTopic control, Leadership leadership, Told heard) {
    Term term() {
      return heard.first();
    }

    Successor next() {
      return next(term());
    }

    Successor next(Term in) {
      return new NextLeader(control, leadership, in);
    }

    /** After another has fenced it. */
    Term secondTerm() {
      await().until(() -> heard.terms.size() == 2);
      return heard.terms.get(1);
    }
  }

  @Test
  void theNextLeaderKnowsWhatItWasTold() throws Exception {
    Leader a = leads("a");
    a.next().tellAll(Map.of("backfill", "{}", "parity/1", "dirty", "parity/2", "matched"));
    a.next().tellLater("tables", "{\"top\":1}");
    a.next().tellLater("tables", "{\"top\":2}");
    a.next().tell(Map.of("backfill", "{\"rows\":7}", "parity/2", ""));
    a.next().tellLater("parity/1", "matched");

    a.leadership().close();
    Leader b = leads("b");

    assertThat(a.term().inherits()).as("nobody led before").isFalse();
    assertThat(b.term().inherits()).isTrue();
    assertThat(b.control().told())
        .isEqualTo(
            Map.of("backfill", "{\"rows\":7}", "parity/1", "matched", "tables", "{\"top\":2}"));
  }

  /** Even if the one in between dies before it could tell anything. */
  @Test
  void whatWasToldOutlivesLeadersThatHaveNothingToAdd() throws Exception {
    Leader a = leads("a");
    a.next().tellAll(Map.of("backfill", "{}"));
    a.leadership().close();
    leads("b").leadership().close();

    Leader c = leads("c");

    assertThat(c.term().number()).isEqualTo(3);
    assertThat(c.term().inherits()).isTrue();
    assertThat(c.control().told()).containsOnlyKeys("backfill");
  }

  @Test
  void whatIsToldLaterGoesWithTheNextRenewal() throws Exception {
    Leader a = leads("a");
    a.next().tellAll(Map.of());

    a.next().tellLater("backfill", "{}");

    await().until(() -> a.control().told().containsKey("backfill"));
    assertThat(a.leadership().leads()).isTrue();
  }

  @Test
  void allIsToldAnewInThePlaceOfWhatWasToldBefore() throws Exception {
    Leader a = leads("a");
    a.next().tellAll(Map.of("backfill", "{}", "parity/1", "matched"));
    await().until(() -> a.control().told().size() == 2);

    a.next().tellAll(Map.of("parity/1", "dirty"));

    await().until(() -> a.control().told().equals(Map.of("parity/1", "dirty")));
  }

  /** Ten years of hours. */
  @Test
  void takesAsManyHoursAsThereMayBe() throws Exception {
    Map<String, String> hours = new HashMap<>();
    IntStream.range(0, 87_600).forEach(i -> hours.put("parity/" + i, "x".repeat(200)));
    Leader a = leads("a");

    a.next().tellAll(hours);
    a.leadership().close();

    assertThat(leads("b").control().told()).isEqualTo(hours);
  }

  /** As of a version that tells nothing. */
  @Test
  void nothingIsInheritedFromALeaderThatToldNothing() throws Exception {
    Leader a = leads("a");
    a.next().tellAll(Map.of("backfill", "{}"));
    a.leadership().close();
    nodes.write(
        "leader", "{\"node\":\"x\",\"home\":\"h\",\"admin\":\"\",\"term\":2,\"leads\":false}");

    Leader b = leads("b");
    assertThat(b.term().number()).isEqualTo(3);
    assertThat(b.term().inherits()).isFalse();
    b.leadership().close();
    Leader c = leads("c");
    assertThat(c.term().inherits()).as("nobody has said anything since").isFalse();
    c.next().tellAll(Map.of());
    c.leadership().close();

    Leader d = leads("d");
    assertThat(d.term().inherits()).isTrue();
    assertThat(d.control().told()).isEmpty();
  }

  @Test
  void aLeaderThatWasFencedTellsNothing() throws Exception {
    Leader a = leads("a");
    a.next().tellAll(Map.of("parity/1", "dirty"));
    KafkaProducer<byte[], byte[]> rival = nodes.rival();
    rival.initTransactions();

    assertThatThrownBy(() -> a.next().tell(Map.of("parity/1", "matched")))
        .isInstanceOf(IOException.class);

    assertThatThrownBy(() -> a.next().tell(Map.of("parity/1", "matched")))
        .isInstanceOf(NotLeaderException.class)
        .hasMessageContaining("term 1 is over");
    assertThat(nodes.written("told/parity/1")).containsExactly("dirty");
  }

  /** What a thread of an earlier term still finds out is none of the next one's business. */
  @Test
  void aTermTellsNothingOfAnEarlierOneOfTheSameNode() throws Exception {
    Leader a = leads("a");
    a.next().tellAll(Map.of("parity/1", "dirty"));
    nodes.rival().initTransactions();
    assertThatThrownBy(() -> a.next().tell(Map.of())).isInstanceOf(IOException.class);

    a.next().tellLater("parity/1", "matched");
    a.next(a.secondTerm()).tell(Map.of("backfill", "{}"));

    await().until(() -> a.control().told().containsKey("backfill"));
    assertThat(a.control().told()).containsEntry("parity/1", "dirty");
  }

  /** As a thread does that has not ended with its term. */
  @Test
  void anEarlierTermTakesNothingOutOfThePresentOnesMouth() throws Exception {
    Leader a = leads("a");
    a.next().tellAll(Map.of());
    nodes.rival().initTransactions();
    assertThatThrownBy(() -> a.next().tell(Map.of())).isInstanceOf(IOException.class);
    Successor second = a.next(a.secondTerm());

    for (int i = 0; i < 100; i++) {
      second.tellLater("backfill", "{\"rows\":" + i + "}");
      a.next().tellLater("backfill", "{}");
    }

    second.tell(Map.of());
    await().until(() -> Map.of("backfill", "{\"rows\":99}").equals(a.control().told()));
  }

  /** The commit times out, and the client refuses whatever else is begun. */
  @Test
  void aLeaderThatIsCutOffWhileItTellsLeadsAgainAfterwards() throws Exception {
    Leader a = leads(nodes.proxied("a"));
    a.next().tellAll(Map.of());

    nodes.kafka.proxy().stall();
    assertThatThrownBy(() -> a.next().tell(Map.of("backfill", "{}")))
        .isInstanceOf(IOException.class);
    await().until(() -> a.heard().stops.size() == 1);
    nodes.kafka.proxy().resume();

    assertThat(a.secondTerm().inherits()).isTrue();
    assertThat(a.control().hasFailed()).isFalse();
  }

  @Test
  void nothingIsInheritedOnceThePhaseWasTakenAway() throws Exception {
    Leader a = leads("a");
    a.next().tellAll(Map.of("backfill", "{}"));
    a.leadership().withdraw();
    a.leadership().close();

    assertThat(leads("b").term().inherits()).isFalse();
  }

  private Leader leads(String id) throws IOException {
    return leads(nodes.control(id));
  }

  private Leader leads(ControlTopic control) {
    Told told = new Told();
    Leadership leadership = nodes.closed(new Leadership(control, told));
    leadership.start();
    await().until(leadership::leads);
    told.first();
    return new Leader(control, leadership, told);
  }
}
