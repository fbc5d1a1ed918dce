package dev.sluice.migration;

import dev.sluice.migration.phase.Role;
import java.util.List;

/**
 * What the two stores of the migration are called: in cursors and kept files, in metrics and in
 * what operators type.
 */
public record StoreNames(String legacy, String next) {
  public String of(Role role) {
    return role == Role.LEGACY ? legacy : next;
  }

  public List<String> all() {
    return List.of(legacy, next);
  }
}
