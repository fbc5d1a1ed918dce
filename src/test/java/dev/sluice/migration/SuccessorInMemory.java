package dev.sluice.migration;

import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;

/** Has heard what it was told, and hears later what it is to be told later. */
public final class SuccessorInMemory implements Successor {
  private final Map<String, String> heard = new TreeMap<>();
  private final Map<String, String> waiting = new TreeMap<>();

  /** Why it cannot be told anything; empty while it can. */
  public String deaf = "";

  @Override
  public void tell(Map<String, String> news) throws IOException {
    if (!deaf.isEmpty()) {
      throw new IOException(deaf);
    }
    waiting.putAll(news);
    hear();
  }

  @Override
  public void tellAll(Map<String, String> everything) throws IOException {
    heard.clear();
    tell(everything);
  }

  @Override
  public void tellLater(String key, String news) {
    waiting.put(key, news);
  }

  /** Hears what waits. */
  public void hear() {
    heard.putAll(waiting);
    heard.values().removeIf(String::isEmpty);
    waiting.clear();
  }

  /** What it would begin with now. */
  public Map<String, String> heard() {
    return Map.copyOf(heard);
  }
}
