package dev.sluice.config;

import java.util.List;
import java.util.Optional;

/** The keys a configuration may set. */
public record KeyTable(List<Key<?>> keys) {
  public KeyTable {
    keys = List.copyOf(keys);
  }

  public Optional<Key<?>> named(String name) {
    return keys.stream().filter(key -> key.name().equals(name)).findFirst();
  }
}
