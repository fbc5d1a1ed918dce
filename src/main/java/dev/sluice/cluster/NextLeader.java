package dev.sluice.cluster;

import dev.sluice.migration.Successor;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/**
 * Tells whoever leads after this node what it knows, in records of the control topic, for one term.
 * What is told later goes with the next renewal of the term. Thread-safe.
 */
public final class NextLeader implements Successor {
  private final ControlTopic control;
  private final Leadership leadership;
  private final Term term;

  /** Tells nothing yet. */
  public NextLeader(ControlTopic control, Leadership leadership, Term term) {
    this.control = control;
    this.leadership = leadership;
    this.term = term;
  }

  @Override
  public void tell(Map<String, String> news) throws IOException {
    leadership.tell(term, news);
  }

  /** From then on, what is told is all that this term and those before it have come to know. */
  @Override
  public void tellAll(Map<String, String> everything) throws IOException {
    Map<String, String> told = control.told();
    Map<String, String> news = new HashMap<>(everything);
    told.keySet().forEach(key -> news.putIfAbsent(key, ""));
    news.entrySet().removeAll(told.entrySet());
    leadership.tellAll(term, news);
  }

  @Override
  public void tellLater(String key, String news) {
    leadership.tellLater(term, key, news);
  }
}
