package dev.sluice.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.cluster.Nodes.Told;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class LeadershipTest {
  private final Nodes nodes = new Nodes();

  @AfterEach
  void close() throws Exception {
    nodes.close();
  }

  @Test
  void oneLeadsAndTheOtherStandsBy() throws Exception {
    Told told = new Told();
    Leadership a = started(nodes.control("a"), told);
    await().until(a::leads);
    ControlTopic controlB = nodes.control("b");
    Leadership b = started(controlB, new Told());

    await().until(() -> controlB.nodes().stream().anyMatch(node -> node.record().leads()));
    assertThat(b.leads()).isFalse();
    assertThat(b.objection().orElseThrow())
        .isEqualTo("node b does not lead, node a does: ask it at http://a:8081");
    assertThat(told.terms).singleElement().satisfies(term -> term.requireLease());
    assertThat(controlB.leader().orElseThrow())
        .isEqualTo(new LeaderRecord("a", "home-a", "http://a:8081", 1, true));
  }

  @Tag("long")
  @Test
  void aNodeThatJoinsTakesNothingAway() throws Exception {
    Told told = new Told();
    Leadership z = started(nodes.control("z"), told);
    await().until(z::leads);

    for (String id : List.of("a", "b")) {
      started(nodes.control(id), new Told());
    }
    Thread.sleep(Nodes.QUICK.session().toMillis());

    assertThat(z.leads()).isTrue();
    assertThat(told.terms).hasSize(1);
  }

  @Test
  void withoutAStartANodeNeverLeads() throws Exception {
    ControlTopic control = nodes.control("a");
    Leadership ingestOnly = nodes.closed(new Leadership(control, new Told()));

    assertThat(ingestOnly.leads()).isFalse();
    assertThat(ingestOnly.objection().orElseThrow())
        .isEqualTo("node a does not lead, no node leads now");
    assertThatThrownBy(() -> ingestOnly.hold(new HoldRecord(2, "a", Instant.EPOCH)))
        .isInstanceOf(NotLeaderException.class);
  }

  @Test
  void aLeaderThatStopsInOrderIsFollowedWithoutWaitingForItsLease() throws Exception {
    Told toldA = new Told();
    Told toldB = new Told();
    Leadership a = started(nodes.control("a"), toldA);
    await().until(a::leads);
    ControlTopic controlB = nodes.control("b");
    Leadership b = started(controlB, toldB);

    a.close();

    assertThat(toldA.stops).containsExactly("Sluice is stopping");
    assertThat(toldA.first().leads()).isFalse();
    await().until(b::leads);
    assertThat(toldB.first().number()).isEqualTo(2);
    assertThat(nodes.written("leader")).anyMatch(leader -> leader.contains("\"leads\":false"));
  }

  @Tag("long")
  @Test
  void aLeaderThatIsCutOffHasStoppedWhenTheNextOneBegins() throws Exception {
    Told toldA = new Told();
    Leadership a = started(nodes.proxied("a"), toldA);
    await().until(a::leads);
    Term first = toldA.first();
    AtomicReference<@Nullable Boolean> overlap = new AtomicReference<>();
    Leadership b =
        started(
            nodes.control("b"),
            new LeadershipListener() {
              @Override
              public void lead(Term term) {
                overlap.compareAndSet(null, first.leads());
              }

              @Override
              public void stopLeading(String why) {}
            });

    nodes.kafka.proxy().stall();

    await().until(b::leads);
    await().until(() -> overlap.get() != null);
    assertThat(overlap.get()).isFalse();
    assertThatThrownBy(first::requireLease).hasMessageContaining("term 1 is over");
    await().until(() -> toldA.stops.size() == 1);

    nodes.kafka.proxy().resume();
    await().until(() -> a.objection().orElse("").contains("node b does"));
    assertThat(b.leads()).isTrue();
  }

  @Tag("long")
  @Test
  void aLeaderWhoseThreadStandsStillLosesItsPlaceAndItsTerm() throws Exception {
    AtomicReference<@Nullable CountDownLatch> pause = new AtomicReference<>();
    Told toldA = new Told();
    Leadership a =
        nodes.closed(new Leadership(nodes.control("a"), toldA, step -> awaitLatch(pause.get())));
    a.start();
    await().until(a::leads);
    Leadership b = started(nodes.control("b"), new Told());
    CountDownLatch on = new CountDownLatch(1);

    pause.set(on);
    await().until(b::leads);
    assertThat(a.leads()).isFalse();
    assertThat(toldA.first().leads()).isFalse();

    pause.set(null);
    on.countDown();
    await().until(() -> toldA.stops.size() == 1);
    assertThat(a.leads()).isFalse();
    assertThat(b.leads()).isTrue();
  }

  @Test
  void aFormerLeaderIsFenced() throws Exception {
    ControlTopic control = nodes.control("a");
    KafkaProducer<byte[], byte[]> former = nodes.rival();
    former.initTransactions();
    former.beginTransaction();
    former.send(control.records().tombstone(ControlRecords.PHASE)).get();

    Leadership a = started(control, new Told());
    await().until(a::leads);

    assertThatThrownBy(former::commitTransaction).isInstanceOf(KafkaException.class);
    assertThat(nodes.written("phase")).isEmpty();
  }

  @Test
  void aLeaderThatIsFencedStopsAndLeadsAnewOnlyOnceItHasStopped() throws Exception {
    CountDownLatch stopping = new CountDownLatch(1);
    List<Term> terms = new CopyOnWriteArrayList<>();
    List<String> stops = new CopyOnWriteArrayList<>();
    Leadership a =
        started(
            nodes.control("a"),
            new LeadershipListener() {
              @Override
              public void lead(Term term) {
                terms.add(term);
              }

              @Override
              public void stopLeading(String why) {
                stops.add(why);
                awaitLatch(stopping);
              }
            });
    await().until(() -> terms.size() == 1);

    nodes.rival().initTransactions();

    await().until(() -> stops.size() == 1);
    assertThat(stops.getFirst()).contains("could not renew its lease");
    assertThat(terms.getFirst().leads()).isFalse();
    Thread.sleep(Nodes.QUICK.beat().multipliedBy(3).toMillis());
    assertThat(a.leads()).isFalse();

    stopping.countDown();
    await().until(() -> terms.size() == 2);
    assertThat(terms.getLast().number()).isEqualTo(2);
    assertThat(a.leads()).isTrue();
  }

  @Test
  void aWriteThatIsRefusedEndsTheTerm() throws Exception {
    Told told = new Told();
    ControlTopic control = nodes.control("a");
    Leadership a = started(control, told);
    await().until(a::leads);
    Term first = told.first();

    nodes.rival().initTransactions();
    try {
      a.hold(new HoldRecord(2, "a", Instant.EPOCH));
      throw new AssertionError("a fenced leader wrote");
    } catch (IOException refused) {
      assertThat(first.leads()).isFalse();
    }

    await().until(() -> told.terms.size() == 2);
    assertThat(nodes.written("hold")).isEmpty();
  }

  @Tag("long")
  @Test
  void aNodeThatCannotLeadLetsAnotherOne() throws Exception {
    AtomicInteger attempts = new AtomicInteger();
    AtomicInteger stops = new AtomicInteger();
    Leadership a =
        started(
            nodes.control("a"),
            new LeadershipListener() {
              @Override
              public void lead(Term term) throws IOException {
                attempts.incrementAndGet();
                throw new IOException("the store cannot be opened");
              }

              @Override
              public void stopLeading(String why) {
                stops.incrementAndGet();
              }
            });
    await().until(() -> stops.get() > 0);

    Leadership b = started(nodes.control("b"), new Told());

    await().until(b::leads);
    assertThat(a.leads()).isFalse();
    assertThat(attempts.get()).isGreaterThanOrEqualTo(1);
  }

  @Test
  void aNodeThatIsStartedAgainLeadsAgain() throws Exception {
    ControlTopic before = nodes.proxied("a");
    Leadership killed = started(before, new Told());
    await().until(killed::leads);
    nodes.kafka.proxy().stall();

    Told told = new Told();
    Leadership again = started(nodes.control("a"), told);

    await().until(again::leads);
    assertThat(told.first().number()).isEqualTo(2);
  }

  @Tag("long")
  @Test
  void aHoldThatWasLeftEndsWithTheNextLeader() throws Exception {
    Leadership a = started(nodes.proxied("a"), new Told());
    await().until(a::leads);
    ControlTopic controlB = nodes.control("b");
    Leadership b = started(controlB, new Told());
    a.hold(new HoldRecord(2, "a", Instant.EPOCH));
    await().until(() -> controlB.hold().isPresent());

    nodes.kafka.proxy().stall();

    await().until(b::leads);
    await().until(() -> controlB.hold().isEmpty());
  }

  private Leadership started(ControlTopic control, LeadershipListener listener) {
    Leadership leadership = nodes.closed(new Leadership(control, listener));
    leadership.start();
    return leadership;
  }

  private static void awaitLatch(@Nullable CountDownLatch latch) {
    try {
      if (latch != null) {
        latch.await();
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
