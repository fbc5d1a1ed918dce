package dev.sluice.cluster;

import dev.sluice.config.Check;
import dev.sluice.config.Key;
import dev.sluice.config.ValueType;
import dev.sluice.journal.JournalConfig;
import dev.sluice.journal.JournalKeys;
import java.util.List;
import java.util.Set;

/** The keys of {@link NodeConfig}. */
public final class NodeKeys {
  public static final Key<Set<NodeRole>> ROLES =
      Key.of(
          "node.roles",
          "ingest,delivery",
          ValueType.choices(NodeRole.values()),
          "What this node does. Fewer than both need journal.kind=kafka, see docs/scale-out.md.");
  public static final Key<String> ID =
      Key.of(
          "node.id",
          ValueType.matching("1..64 of A-Z, a-z, 0-9, ., _ and -", "[A-Za-z0-9._-]{1,64}"),
          "Its name among the nodes of a topic; by default the host's name and what data.dir keeps.");

  /** All of them, in the order of the reference. */
  public static final List<Key<?>> ALL = List.of(ROLES, ID);

  private NodeKeys() {}

  /** Refuses to leave a role to others where there can be none. */
  public static void check(Check settings) {
    if (settings.required(JournalKeys.KIND) == JournalConfig.Kind.LOCAL
        && settings.required(ROLES).size() < NodeRole.values().length) {
      settings.refuse(
          ROLES,
          "ingest,delivery, as journal.kind is local: nobody else can deliver from this journal, or"
              + " fill it; with journal.kind=kafka either role may be left to other nodes");
    }
  }
}
