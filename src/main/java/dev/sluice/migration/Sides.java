package dev.sluice.migration;

import java.util.List;

/** Both stores as a phase change sees them, while both are written. Immutable. */
public record Sides(Side legacy, Side next) {
  public List<Side> all() {
    return List.of(legacy, next);
  }
}
