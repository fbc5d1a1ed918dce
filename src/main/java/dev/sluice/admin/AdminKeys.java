package dev.sluice.admin;

import dev.sluice.config.Key;
import dev.sluice.config.ValueType;
import java.util.List;

/** The keys of {@link AdminConfig}. */
public final class AdminKeys {
  public static final Key<String> HOST =
      Key.of("admin.host", "127.0.0.1", ValueType.name(), "Address for operators.");
  public static final Key<Integer> PORT =
      Key.of(
          "admin.port", "8081", ValueType.port(), "Port for operators: status, health, metrics.");

  /** All of them, in the order of the reference. */
  public static final List<Key<?>> ALL = List.of(HOST, PORT);

  private AdminKeys() {}
}
