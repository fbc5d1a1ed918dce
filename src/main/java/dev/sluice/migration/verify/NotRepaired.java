package dev.sluice.migration.verify;

import dev.sluice.api.RepairResult;
import dev.sluice.migration.parity.MismatchClass;
import dev.sluice.reading.Identity;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The keys that a repair leaves unchanged, with the reasons. Confined to one thread. */
final class NotRepaired {
  private static final int MAX_LISTED = 1_000;

  private final List<RepairResult.Key> listed = new ArrayList<>();
  private long total;

  void add(Map<Identity, MismatchClass> keys, String reason) {
    keys.forEach((key, kind) -> {
      if (total++ < MAX_LISTED) {
        String ts = MismatchFiles.text(key.tsMicros());
        listed.add(new RepairResult.Key(kind.label(), key.device(), key.metric(), ts, reason));
      }
    });
  }

  /** The first of them. */
  List<RepairResult.Key> listed() {
    return listed;
  }

  long total() {
    return total;
  }
}
