package dev.sluice.cluster;

import dev.sluice.cluster.CompactedTopic.Use;
import dev.sluice.journal.kafka.Clients;
import dev.sluice.journal.kafka.KafkaConfig;
import dev.sluice.journal.kafka.TopicFinding;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.clients.admin.Admin;

/** Looks at the topics beside the journal's from outside; changes nothing, makes no topic. */
public final class ClusterCheckup {
  private ClusterCheckup() {}

  /**
   * What there is to say about the control topic.
   *
   * @throws IOException if the cluster does not answer
   */
  public static List<TopicFinding> control(KafkaConfig config) throws IOException {
    return findings(Use.CONTROL, config);
  }

  /**
   * What there is to say about the topic that keeps the fleet ledger.
   *
   * @throws IOException if the cluster does not answer
   */
  public static List<TopicFinding> fleet(KafkaConfig config) throws IOException {
    return findings(Use.FLEET, config);
  }

  private static List<TopicFinding> findings(Use use, KafkaConfig config) throws IOException {
    Admin admin = Clients.of(config).admin();
    try {
      return new CompactedTopic(use, config, admin).findings();
    } finally {
      // Otherwise it waits for the answer that did not come.
      admin.close(Duration.ZERO);
    }
  }
}
