package dev.sluice.cluster;

import dev.sluice.cluster.AssignmentRecord.Share;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a leader knows of who delivers which partition, and whom it may give one next. Knows no
 * topic and no clock; confined to one thread.
 *
 * <p>A partition is given only when nobody else can be delivering it: a process that was given it
 * has said that it carried out an assignment without it, or its right has run out. The latter is
 * certain once three things are true: an assignment without the partition is written; the leader
 * has read that back, and with it every record that the process wrote before; and of those, the
 * last was read longer ago than a lease. What the process writes after it comes back to the process
 * only behind that assignment. So nothing is taken and given in one assignment. That the leader
 * itself reads late makes nobody silent: the time counts up to which it has read everything.
 */
final class Assignments {
  /** A process that was given partitions. */
  private static final class Holder {
    final String node;
    final String home;
    final String instance;

    /** By the newest assignment. */
    Set<Integer> granted = Set.of();

    /** What it may be delivering, which is no less than it was granted. */
    Set<Integer> possible;

    /** Number of the assignment that last changed what is granted. */
    long changed;

    /** When it was last heard, by {@link System#nanoTime}. */
    long heardNanos;

    Holder(String node, String home, String instance, Set<Integer> possible) {
      this.node = node;
      this.home = home;
      this.instance = instance;
      this.possible = possible;
    }
  }

  private final Set<Integer> all;
  private final long term;
  private final long leaseNanos;
  private final Map<String, Holder> holders = new TreeMap<>();
  private Set<Integer> own = Set.of();
  private long number;
  private long readBack;

  /** Instances of holders whose right is over, as last heard. */
  private Set<String> overdue = Set.of();

  /** What the last assignment says; null if it was another leader's and says anything. */
  private @Nullable List<Share> written;

  /**
   * Begins with what an earlier leader has left: everything it named may be delivered.
   *
   * @param all partitions
   * @param term of this leader
   * @param self this process, which delivers nothing yet
   * @param last assignment of any leader
   * @param leaseNanos after which a silent process has no right any more
   */
  Assignments(
      Set<Integer> all,
      long term,
      NodeInfo self,
      Optional<AssignmentRecord> last,
      long leaseNanos,
      long nowNanos) {
    this.all = Set.copyOf(all);
    this.term = term;
    this.leaseNanos = leaseNanos;
    this.number = last.map(AssignmentRecord::number).orElse(0L);
    List<Share> left = last.map(AssignmentRecord::shares).orElse(List.of());
    this.written = left.isEmpty() ? left : null;
    for (Share share : left) {
      if (!share.home().equals(self.home())) { // else it was this node's, and is over
        Holder holder = new Holder(share.node(), share.home(), share.instance(), this.all);
        holder.changed = number + 1;
        holder.heardNanos = nowNanos;
        holders.put(holder.instance, holder);
      }
    }
  }

  /** Whether no other process can be delivering anything. */
  boolean isWithoutOthers() {
    return holders.isEmpty();
  }

  /** What this process delivers. */
  Set<Integer> own() {
    return own;
  }

  /** This process delivers these from now on; they were {@link #freeForOwn}, or its own. */
  void own(Set<Integer> partitions) {
    own = Set.copyOf(partitions);
  }

  /** Those of these partitions that this process may deliver: nobody else can be. */
  Set<Integer> freeForOwn(Collection<Integer> wanted) {
    return wanted.stream()
        .filter(partition -> isFree(partition, null))
        .collect(Collectors.toUnmodifiableSet());
  }

  /** What this process, under this name, and those of these others have that were given any. */
  Map<String, Set<Integer>> present(String ownName, Collection<String> instances) {
    Map<String, Set<Integer>> present = new HashMap<>();
    present.put(ownName, own);
    for (String instance : instances) {
      Holder holder = holders.get(instance);
      present.put(instance, holder == null ? Set.of() : holder.granted);
    }
    return present;
  }

  /** All assignments up to this number have been read back, and all that was written before. */
  void readBack(long upTo) {
    readBack = Math.max(readBack, upTo);
  }

  /**
   * Takes note of what the nodes say, and of those that say nothing any more. A process whose node
   * was started again is waited for like any other: which of two is the later one, the order of
   * their last records does not tell.
   *
   * @param nowNanos when this is called, as {@link SeenNode#ago} counts
   * @param knownNanos everything that was written before this has been read
   */
  void hear(Collection<SeenNode> nodes, long nowNanos, long knownNanos) {
    Set<String> over = new HashSet<>();
    Map<String, SeenNode> byId =
        nodes.stream().collect(Collectors.toMap(node -> node.record().info().id(), node -> node));
    for (Holder holder : List.copyOf(holders.values())) {
      SeenNode seen = byId.get(holder.node);
      if (seen != null && seen.record().instance().equals(holder.instance)) {
        holder.heardNanos = nowNanos - seen.ago().toNanos();
        carried(holder, seen.record().share().carried());
      }
      if (knownNanos - holder.heardNanos > leaseNanos && isOver(holder)) {
        over.add(holder.instance);
      }
    }
    overdue = Set.copyOf(over);
  }

  /**
   * Processes whose right has run out, but which have not said that they are done: what they sent
   * before may still arrive.
   */
  Set<String> overdue() {
    return overdue;
  }

  /** Nothing of what the {@link #overdue} sent arrives any more: what they had is free. */
  void forgetOverdue() {
    holders.keySet().removeAll(overdue);
    overdue = Set.of();
  }

  private void carried(Holder holder, long upTo) {
    if (upTo >= holder.changed) {
      holder.possible = holder.granted;
      if (holder.possible.isEmpty()) {
        holders.remove(holder.instance);
      }
    }
  }

  /** Whether all right it had rests on records that are older than an assignment of nothing. */
  private boolean isOver(Holder holder) {
    return holders.containsKey(holder.instance)
        && holder.granted.isEmpty()
        && readBack >= holder.changed;
  }

  /**
   * The assignment to be written next, which counts as written: what of this can be given now, and
   * nothing to anybody else. Empty if the last one says that already.
   *
   * @param wanted what each should deliver in the end
   */
  Optional<AssignmentRecord> next(Collection<Share> wanted) {
    Map<String, Set<Integer>> byInstance = new HashMap<>();
    for (Share each : wanted) {
      byInstance.put(each.instance(), each.partitions());
      holders.computeIfAbsent(
          each.instance(),
          instance -> new Holder(each.node(), each.home(), each.instance(), Set.of()));
    }
    for (Holder holder : holders.values()) {
      grant(holder, byInstance.getOrDefault(holder.instance, Set.of()));
    }
    holders.values().removeIf(holder -> holder.possible.isEmpty());
    List<Share> shares = new ArrayList<>();
    for (Holder holder : holders.values()) {
      shares.add(new Share(holder.node, holder.home, holder.instance, holder.granted));
    }
    if (shares.equals(written)) {
      return Optional.empty();
    }
    written = shares;
    number++;
    return Optional.of(new AssignmentRecord(term, number, shares));
  }

  private void grant(Holder holder, Set<Integer> wanted) {
    Set<Integer> next =
        wanted.stream()
            .filter(partition ->
                holder.granted.contains(partition)
                    || (!own.contains(partition) && isFree(partition, holder)))
            .collect(Collectors.toUnmodifiableSet());
    if (!next.equals(holder.granted)) {
      holder.granted = next;
      holder.changed = number + 1;
      Set<Integer> possible = new HashSet<>(holder.possible);
      possible.addAll(next);
      holder.possible = Set.copyOf(possible);
    }
  }

  /** Whether nobody but this holder can be delivering it. */
  private boolean isFree(int partition, @Nullable Holder but) {
    return holders.values().stream()
        .noneMatch(holder -> holder != but && holder.possible.contains(partition));
  }
}
