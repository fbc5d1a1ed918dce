package dev.sluice.journal.kafka;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.clients.admin.Admin;

/** Looks at a cluster and its topic from outside; changes nothing, makes no topic. */
public final class KafkaCheckup {
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** What is said to be broken where the cluster does not answer. */
  private static final String CLUSTER = "cluster";

  private KafkaCheckup() {}

  /** What there is to say; where the cluster does not answer, that alone. */
  public static List<TopicFinding> findings(KafkaConfig config) {
    try {
      Admin admin = Clients.of(config).admin();
      try {
        return new Topic(config, admin, PATIENCE).findings();
      } finally {
        // Otherwise it waits for the answer that did not come.
        admin.close(Duration.ZERO);
      }
    } catch (IOException e) {
      return List.of(
          new TopicFinding(
              CLUSTER,
              false,
              String.valueOf(e.getMessage()),
              "an answer",
              "start it, and check journal.kafka.servers and journal.kafka.properties-file"));
    }
  }

  /** Whether these are the findings about a cluster that does not answer. */
  public static boolean isAway(List<TopicFinding> findings) {
    return findings.getFirst().name().equals(CLUSTER);
  }
}
