package dev.sluice.config;

import java.util.List;
import java.util.Optional;

/** The keys a configuration may set. */
record KeyTable(List<Key<?>> keys) {
  KeyTable {
    keys = List.copyOf(keys);
  }

  Optional<Key<?>> named(String name) {
    return keys.stream().filter(key -> key.name().equals(name)).findFirst();
  }
}
