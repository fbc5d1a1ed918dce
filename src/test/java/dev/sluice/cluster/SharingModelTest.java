package dev.sluice.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cluster.AssignmentRecord.Share;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Nodes that die, freeze, wake, read late, speak late, are started again and take turns in leading,
 * in a time of their own: no two may ever write one partition, and in the end each is delivered by
 * one. What the leader decides is {@link Assignments}; what surrounds it is retold here.
 */
class SharingModelTest {
  private static final int SEEDS = Integer.getInteger("sluice.test.seeds", 60);
  private static final Set<Integer> ALL =
      IntStream.range(0, 7).boxed().collect(Collectors.toCollection(TreeSet::new));
  private static final int NODES = 4;
  private static final long TICK = 20;
  private static final long BEAT = 1_000;
  private static final long LEASE = 4_000;
  private static final long LEASE_ELSEWHERE = 4_500;
  private static final long STORM = 240_000;
  private static final long CALM = 40_000;

  /** What was appended to the control topic. */
  private sealed interface Entry permits Beat, Assigned, Led {}

  private record Beat(NodeRecord record, long sent) implements Entry {}

  private record Assigned(AssignmentRecord record) implements Entry {}

  private record Led(long term) implements Entry {}

  /** On its way to the topic. */
  private record Sent(Beat beat, long arrives) {}

  private final List<Entry> log = new ArrayList<>();
  private final List<Sent> sent = new ArrayList<>();
  private final List<Member> processes = new ArrayList<>();
  private Random random = new Random();
  private long now;
  private boolean calm;
  private long term;
  private long moved;

  static IntStream seeds() {
    Integer one = Integer.getInteger("sluice.test.seed");
    return one == null ? ThreadLocalRandom.current().ints(SEEDS) : IntStream.of(one);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void noPartitionIsEverWrittenByTwoAndEachIsDeliveredInTheEnd(int seed) {
    random = new Random(seed);
    for (int node = 0; node < NODES; node++) {
      processes.add(new Member(node));
    }
    while (now < STORM + CALM) {
      now += TICK;
      calm = now > STORM;
      sent.stream().filter(each -> each.arrives() <= now).forEach(each -> log.add(each.beat()));
      sent.removeIf(each -> each.arrives() <= now);
      for (int node = 0; node < NODES; node++) {
        if (!calm && random.nextInt(1_500) == 0) {
          processes.set(node, new Member(node)); // killed, and started again
        }
        processes.get(node).tick();
        assertNobodyElseWrites(seed);
      }
    }

    Map<Integer, Long> counts = new HashMap<>();
    for (Member process : processes) {
      process.writable().forEach(partition -> counts.merge(partition, 1L, Long::sum));
      assertThat(process.writable().size())
          .as("partitions of %s, seed %d", process.instance, seed)
          .isBetween(ALL.size() / NODES, ALL.size() / NODES + 1);
    }
    assertThat(counts.keySet()).as("delivered in the end, seed %d", seed).isEqualTo(ALL);
    assertThat(counts.values()).allMatch(count -> count == 1);
    assertThat(moved).as("assignments, seed %d", seed).isGreaterThan(10);
  }

  private void assertNobodyElseWrites(int seed) {
    Map<Integer, String> writers = new HashMap<>();
    for (Member process : processes) {
      for (int partition : process.writable()) {
        String other = writers.put(partition, process.instance);
        assertThat(other)
            .as("also writes %d with %s at %d, seed %d", partition, process.instance, now, seed)
            .isNull();
      }
    }
  }

  /** One process of a node. A killed one is forgotten: it writes nothing more. */
  private final class Member {
    final NodeInfo info;
    final String instance;
    private final Map<String, SeenNode> seen = new HashMap<>();
    private final Map<String, Long> readAt = new HashMap<>();
    private long frozenUntil;
    private int position;
    private long nextBeat;

    // What it knows, as the control topic does.
    private @Nullable AssignmentRecord assignment;
    private long ledTerm;
    private long renewedAt;
    private long fresh = Long.MIN_VALUE / 2;
    private boolean heardSelf;
    private int silences;

    // As a worker.
    private Set<Integer> right = Set.of();
    private int rightSilences;
    private long writeEnds;
    private long carried;

    // As a candidate and leader.
    private long ownTerm;
    private long leadsUntil;
    private @Nullable Assignments assignments;
    private boolean begun;
    private long readBackNumber;
    private int readBackPosition = Integer.MAX_VALUE;
    private Set<String> members = Set.of();
    private Map<String, Set<Integer>> target = Map.of("", ALL);
    private @Nullable Set<Integer> shrinking;

    Member(int node) {
      info = Nodes.info("n" + node);
      instance = "n" + node + "@" + now;
      frozenUntil = now + random.nextInt(2_000);
    }

    boolean leads() {
      return ownTerm > 0 && now < leadsUntil;
    }

    /** What it would find that it may write, if it asked now. */
    Set<Integer> writable() {
      if (leads()) {
        Assignments mine = assignments;
        return begun && mine != null ? mine.own() : Set.of();
      }
      return writes() || isWriting() ? right : Set.of();
    }

    /** Has not ended what it began to write, and is no node that was frozen. */
    private boolean isWriting() {
      return now < writeEnds && hears() && silences == rightSilences;
    }

    private boolean hears() {
      return heardSelf && now - fresh <= LEASE;
    }

    private Set<Integer> given() {
      return assignment != null && assignment.term() == ledTerm
          ? assignment.of(instance)
          : Set.of();
    }

    private boolean writes() {
      return hears() && silences == rightSilences && given().containsAll(right);
    }

    void tick() {
      if (now < frozenUntil) {
        return;
      }
      if (!calm && random.nextInt(800) == 0) {
        frozenUntil = now + random.nextInt(12_000);
        return;
      }
      read(calm ? 1_000 : random.nextInt(4) == 0 ? random.nextInt(30) : 0);
      beat();
      if (ownTerm > 0 && !leads()) {
        ownTerm = 0;
        assignments = null;
        begun = false;
      }
      if (ownTerm > 0) {
        lead();
      } else {
        help();
        stand();
      }
    }

    private void read(int most) {
      for (int i = 0; i < most && position < log.size(); i++) {
        switch (log.get(position++)) {
          case Beat(NodeRecord record, long at) -> {
            seen.put(record.info().id(), new SeenNode(record, Duration.ZERO, true));
            readAt.put(record.info().id(), now);
            if (record.instance().equals(instance)) {
              if (heardSelf && now - fresh > LEASE) {
                silences++;
              }
              fresh = Math.max(fresh, at);
              heardSelf = true;
            }
          }
          case Assigned(AssignmentRecord record) -> assignment = record;
          case Led(long number) -> {
            ledTerm = number;
            renewedAt = now;
          }
        }
      }
    }

    private void beat() {
      if (now >= nextBeat) {
        nextBeat = now + BEAT;
        NodeShare share = new NodeShare(ownTerm > 0 ? 0 : 1, carried, right, 0, List.of());
        Beat beat = new Beat(new NodeRecord(info, instance, now, 1, -1, leads(), share), now);
        sent.add(new Sent(beat, now + (calm ? 5 : random.nextInt(1_200))));
      }
    }

    private void help() {
      if (now < writeEnds) {
        return; // a write is under way
      }
      long number = assignment == null ? 0 : assignment.number();
      Set<Integer> given = given();
      if (!right.isEmpty() && !(writes() && right.equals(given))) {
        right = Set.of();
      }
      if (carried != number) {
        carried = number;
        nextBeat = now;
      }
      if (right.isEmpty() && !given.isEmpty() && hears()) {
        right = given;
        rightSilences = silences;
      }
      if (!right.isEmpty() && writes() && random.nextInt(10) == 0) {
        writeEnds = now + random.nextInt(calm ? 50 : 1_500);
      }
    }

    /** Fences, has read everything, and has waited for the lease of the last leader. */
    private void stand() {
      boolean isOver = now - renewedAt > LEASE_ELSEWHERE && position == log.size() && hears();
      if (isOver && now >= writeEnds && lastRenewal() < now - LEASE_ELSEWHERE) {
        right = Set.of();
        ownTerm = ++term;
        log.add(new Led(ownTerm));
        leadsUntil = now + LEASE;
        begun = false;
        members = Set.of();
        target = Map.of("", ALL);
        shrinking = null;
        readBackPosition = Integer.MAX_VALUE;
        assignments =
            new Assignments(
                ALL, ownTerm, info, Optional.ofNullable(assignment), LEASE_ELSEWHERE, now);
      }
    }

    /** Only to keep the model short: candidates do not disturb a leader that renews. */
    private long lastRenewal() {
      return processes.stream()
          .filter(process -> process.ownTerm == term && term > 0)
          .mapToLong(process -> process.leadsUntil - LEASE)
          .max()
          .orElse(Long.MIN_VALUE / 2);
    }

    private void lead() {
      Assignments mine = assignments;
      if (mine == null) {
        return;
      }
      if (position >= readBackPosition) {
        mine.readBack(readBackNumber);
      }
      List<SeenNode> nodes = new ArrayList<>();
      seen.forEach((id, node) -> {
        long ago = now - readAt.getOrDefault(id, now);
        nodes.add(new SeenNode(node.record(), Duration.ofNanos(ago), ago <= LEASE_ELSEWHERE));
      });
      mine.hear(nodes, now, fresh);
      mine.forgetOverdue();
      if (!begun) {
        write(mine.next(List.of()));
        if (mine.isWithoutOthers()) {
          mine.own(ALL);
          begun = true;
        }
        return;
      }
      Map<String, NodeRecord> able = new HashMap<>();
      for (SeenNode node : nodes) {
        if (node.alive()
            && node.record().share().opened() == 1
            && !node.record().instance().equals(instance)) {
          able.put(node.record().instance(), node.record());
        }
      }
      if (!able.keySet().equals(members)) {
        members = Set.copyOf(able.keySet());
        target = Balance.of(ALL, mine.present("", members));
      }
      deliver(mine, target.getOrDefault("", Set.of()));
      write(
          mine.next(
              able.values().stream()
                  .map(node ->
                      new Share(
                          node.info().id(),
                          node.info().home(),
                          node.instance(),
                          target.getOrDefault(node.instance(), Set.of())))
                  .toList()));
      if (random.nextInt(calm ? 10 : 60) == 0 || now + LEASE - leadsUntil > BEAT) {
        log.add(new Led(ownTerm)); // nobody has fenced it: lastRenewal
        leadsUntil = now + LEASE;
      }
    }

    /** Its own delivery ends a while after it was told to. */
    private void deliver(Assignments mine, Set<Integer> wanted) {
      Set<Integer> next = new HashSet<>(mine.own());
      next.retainAll(wanted);
      next.addAll(mine.freeForOwn(wanted));
      if (next.equals(mine.own())) {
        shrinking = null;
      } else if (next.equals(shrinking)) {
        mine.own(next);
        shrinking = null;
      } else {
        shrinking = next;
      }
    }

    private void write(Optional<AssignmentRecord> record) {
      record.ifPresent(written -> {
        moved++;
        log.add(new Assigned(written));
        readBackNumber = written.number();
        readBackPosition = log.size();
      });
    }
  }
}
