package dev.sluice.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cluster.AssignmentRecord.Share;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AssignmentsTest {
  private static final Set<Integer> ALL = Set.of(0, 1, 2, 3);
  private static final long LEASE = 4_500;

  private final Assignments fresh = leader(Optional.empty());

  @Test
  void whereNothingWasSharedThereIsNothingToWaitForOrToWrite() {
    assertThat(fresh.isWithoutOthers()).isTrue();
    assertThat(fresh.next(List.of())).isEmpty();
    assertThat(fresh.freeForOwn(ALL)).isEqualTo(ALL);
  }

  @Test
  void givesOnlyWhatThisProcessHasEnded() {
    fresh.own(ALL);
    assertThat(fresh.next(List.of(share("b", 2, 3)))).isEmpty();

    fresh.own(Set.of(0, 1));

    assertThat(fresh.next(List.of(share("b", 2, 3))))
        .contains(new AssignmentRecord(7, 1, List.of(share("b", 2, 3))));
    assertThat(fresh.next(List.of(share("b", 2, 3)))).isEmpty();
  }

  @Test
  void givesOnToAnotherOnlyWhatWasSaidToBeEnded() {
    fresh.next(List.of(share("b", 0, 1, 2, 3)));
    hear(1_000, node("b", 1));

    assertThat(fresh.next(List.of(share("b", 0, 1), share("c", 2, 3))))
        .contains(new AssignmentRecord(7, 2, List.of(share("b", 0, 1))));
    hear(1_100, node("b", 1));
    assertThat(fresh.next(List.of(share("b", 0, 1), share("c", 2, 3)))).isEmpty();
    hear(1_200, node("b", 2));
    assertThat(fresh.next(List.of(share("b", 0, 1), share("c", 2, 3))))
        .contains(new AssignmentRecord(7, 3, List.of(share("b", 0, 1), share("c", 2, 3))));
  }

  @Test
  void takesFromASilentNodeFirstAndGivesOnOnlyOnceThatIsReadBack() {
    fresh.next(List.of(share("b", 0, 1, 2, 3)));
    hear(1_000, node("b", 1));

    // It is silent for longer than the lease, but may have spoken since.
    hear(6_000, node("b", 1, 5_000));
    assertThat(fresh.freeForOwn(ALL)).isEmpty();
    assertThat(fresh.next(List.of())).contains(new AssignmentRecord(7, 2, List.of(share("b"))));
    hear(6_100, node("b", 1, 5_100));
    assertThat(fresh.freeForOwn(ALL)).isEmpty();

    fresh.readBack(2);
    hear(6_200, node("b", 1, 5_200));

    assertThat(fresh.freeForOwn(ALL)).isEqualTo(ALL);
    assertThat(fresh.isWithoutOthers()).isTrue();
    assertThat(fresh.next(List.of())).contains(new AssignmentRecord(7, 3, List.of()));
  }

  @Test
  void waitsForANodeThatHasSpokenBeforeItsPartitionsWereTaken() {
    fresh.next(List.of(share("b", 0)));
    hear(1_000, node("b", 1));
    fresh.next(List.of());
    fresh.readBack(2);

    hear(5_400, node("b", 1, 4_400));
    assertThat(fresh.isWithoutOthers()).isFalse();
    hear(5_600, node("b", 1, 4_600));
    assertThat(fresh.isWithoutOthers()).isTrue();
  }

  @Test
  void aLeaderThatReadsLateTakesNobodyForSilent() {
    fresh.next(List.of(share("b", 0)));
    hear(1_000, node("b", 1));
    fresh.next(List.of());
    fresh.readBack(2);

    fresh.hear(List.of(node("b", 1, 8_000)), ms(9_000), ms(5_400));
    assertThat(fresh.isWithoutOthers()).isFalse();
    fresh.hear(List.of(node("b", 1, 8_000)), ms(9_000), ms(5_600));
    assertThat(fresh.isWithoutOthers()).as("what it sent may still arrive").isFalse();
    assertThat(fresh.overdue()).containsExactly(share("b").instance());

    fresh.forgetOverdue();
    assertThat(fresh.isWithoutOthers()).isTrue();
  }

  @Test
  void aNodeThatHasLeftTheTopicIsWaitedForLikeASilentOne() {
    fresh.next(List.of(share("b", 0)));
    hear(1_000, node("b", 1));
    fresh.next(List.of());
    fresh.readBack(2);

    hear(5_000);
    assertThat(fresh.isWithoutOthers()).isFalse();
    hear(5_501);
    assertThat(fresh.isWithoutOthers()).isTrue();
  }

  @Test
  void anotherProcessOfThatNodeSaysNothingAboutIt() {
    fresh.next(List.of(share("b", 0)));
    hear(1_000, node("b", 1));
    fresh.next(List.of());
    fresh.readBack(2);

    hear(5_400, again("b"));
    assertThat(fresh.isWithoutOthers()).isFalse();
    hear(5_501, again("b"));
    assertThat(fresh.isWithoutOthers()).isTrue();
  }

  @Test
  void aNewLeaderTakesBackWhateverAnEarlierOneMayHaveGiven() {
    Assignments next =
        leader(
            Optional.of(
                new AssignmentRecord(
                    6, 41, List.of(share("a", 0, 1), share("b"), share("c", 2, 3)))));

    // b may still be at work on what it was given before assignment 41.
    assertThat(next.freeForOwn(ALL)).isEmpty();
    assertThat(next.next(List.of()))
        .contains(new AssignmentRecord(7, 42, List.of(share("b"), share("c"))));
    next.readBack(42);
    next.hear(List.of(node("b", 41), node("c", 42)), 100, 100);
    assertThat(next.isWithoutOthers()).isFalse();
    assertThat(next.next(List.of())).contains(new AssignmentRecord(7, 43, List.of(share("b"))));
    next.hear(List.of(node("b", 42), node("c", 43)), 200, 200);
    assertThat(next.isWithoutOthers()).isTrue();
  }

  @Test
  void whatWasTakenCanBeGivenBackAtOnce() {
    fresh.next(List.of(share("b", 0, 1)));
    fresh.next(List.of(share("b", 0)));

    assertThat(fresh.next(List.of(share("b", 0, 1))))
        .contains(new AssignmentRecord(7, 3, List.of(share("b", 0, 1))));
    assertThat(fresh.freeForOwn(ALL)).isEqualTo(Set.of(2, 3));
  }

  @Test
  void namesNobodyWhoGetsNothing() {
    fresh.own(Set.of(0, 1, 2, 3));

    assertThat(fresh.next(List.of(share("b")))).isEmpty();
    assertThat(fresh.isWithoutOthers()).isTrue();
  }

  private static Assignments leader(Optional<AssignmentRecord> last) {
    return new Assignments(ALL, 7, Nodes.info("a"), last, Duration.ofMillis(LEASE).toNanos(), 0);
  }

  private void hear(long nowMs, SeenNode... nodes) {
    fresh.hear(List.of(nodes), ms(nowMs), ms(nowMs));
    fresh.forgetOverdue();
  }

  private static long ms(long ms) {
    return Duration.ofMillis(ms).toNanos();
  }

  private static Share share(String node, Integer... partitions) {
    return new Share(node, "home-" + node, "process-" + node, Set.of(partitions));
  }

  private static SeenNode node(String id, long carried) {
    return node(id, carried, 0);
  }

  private static SeenNode node(String id, long carried, long agoMs) {
    return seen(Nodes.info(id), "process-" + id, carried, agoMs);
  }

  private static SeenNode again(String id) {
    return seen(Nodes.info(id), "another-process", 9, 0);
  }

  private static SeenNode seen(NodeInfo info, String instance, long carried, long agoMs) {
    return new SeenNode(
        new NodeRecord(
            info, instance, 0, 1, -1, false, new NodeShare(1, carried, Set.of(), 0, List.of())),
        Duration.ofMillis(agoMs),
        agoMs <= LEASE);
  }
}
