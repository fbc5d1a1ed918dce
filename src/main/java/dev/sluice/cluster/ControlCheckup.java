package dev.sluice.cluster;

import dev.sluice.journal.kafka.Clients;
import dev.sluice.journal.kafka.KafkaConfig;
import dev.sluice.journal.kafka.TopicFinding;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.clients.admin.Admin;

/** Looks at the control topic from outside; changes nothing, makes no topic. */
public final class ControlCheckup {
  private ControlCheckup() {}

  /**
   * What there is to say.
   *
   * @throws IOException if the cluster does not answer
   */
  public static List<TopicFinding> findings(KafkaConfig config) throws IOException {
    Admin admin = Clients.of(config).admin();
    try {
      return new ControlSetup(config, admin).findings();
    } finally {
      // Otherwise it waits for the answer that did not come.
      admin.close(Duration.ZERO);
    }
  }
}
