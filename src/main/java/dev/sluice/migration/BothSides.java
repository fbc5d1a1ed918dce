package dev.sluice.migration;

import dev.sluice.store.MirrorStore;
import java.util.List;
import java.util.Optional;

/** Both stores, while both are written. Immutable. */
public record BothSides(Side mysql, Side questDb, MirrorStore questDbStore) {
  public static BothSides of(Sides sides) {
    return new BothSides(
        new Side.Delivered(sides.mysql(), sides.mysqlSource(), Optional.empty()),
        new Side.Delivered(
            sides.questDb(), sides.questDbSource(), Optional.of(sides.questDbStore())),
        sides.questDbStore());
  }

  public List<Side> all() {
    return List.of(mysql, questDb);
  }
}
