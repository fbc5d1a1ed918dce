package dev.sluice.testing;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;

/**
 * Moves the partitions of a topic between brokers that all have a copy: takes one copy of each from
 * its broker, which deletes it, and has it made anew, with another broker to lead.
 */
public final class Reassignment implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Admin admin;
  private final String topic;

  public Reassignment(TestKafka kafka, String topic) {
    this.admin = Admin.create(Map.of("bootstrap.servers", kafka.servers()));
    this.topic = topic;
  }

  /** Has every partition moved; when this returns, each broker is to have a copy again. */
  public void begin(SplittableRandom random) throws Exception {
    Map<TopicPartition, List<Integer>> orders = new HashMap<>();
    for (TopicPartitionInfo partition : partitions()) {
      List<Integer> brokers = new ArrayList<>();
      partition.replicas().forEach(replica -> brokers.add(replica.id()));
      Collections.shuffle(brokers, new Random(random.nextLong()));
      orders.put(new TopicPartition(topic, partition.partition()), List.copyOf(brokers));
    }
    Map<TopicPartition, List<Integer>> fewer = new HashMap<>();
    orders.forEach((partition, order) -> fewer.put(partition, order.subList(0, order.size() - 1)));
    assign(fewer);
    awaitAssigned();
    Map<TopicPartition, List<Integer>> others = new HashMap<>();
    orders.forEach((partition, order) -> {
      List<Integer> rotated = new ArrayList<>(order);
      Collections.rotate(rotated, 1);
      others.put(partition, rotated);
    });
    assign(others);
  }

  /** Waits until every copy is made and in sync, and has the new leaders lead. */
  public void awaitDone() throws Exception {
    awaitAssigned();
    await("all replicas in sync")
        .atMost(PATIENCE)
        .until(() ->
            partitions().stream().allMatch(each -> each.isr().size() == each.replicas().size()));
    admin.electLeaders(ElectionType.PREFERRED, null).all().get();
  }

  private List<TopicPartitionInfo> partitions() throws ExecutionException, InterruptedException {
    return admin
        .describeTopics(List.of(topic))
        .allTopicNames()
        .get()
        .values()
        .iterator()
        .next()
        .partitions();
  }

  private void assign(Map<TopicPartition, List<Integer>> brokers)
      throws ExecutionException, InterruptedException {
    Map<TopicPartition, Optional<NewPartitionReassignment>> moves = new HashMap<>();
    brokers.forEach((partition, those) ->
        moves.put(partition, Optional.of(new NewPartitionReassignment(those))));
    admin.alterPartitionReassignments(moves).all().get();
  }

  private void awaitAssigned() {
    await("no reassignment under way")
        .atMost(PATIENCE)
        .until(() -> admin.listPartitionReassignments(Set.of()).reassignments().get().isEmpty());
  }

  @Override
  public void close() {
    admin.close(Duration.ofSeconds(1));
  }
}
