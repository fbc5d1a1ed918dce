package dev.sluice.config;

import java.util.Locale;
import java.util.Optional;

/**
 * One setting.
 *
 * @param name as files and flags spell it
 * @param fallback its value if it is not set; empty if it has no default
 * @param description one line for the reference
 */
public record Key<T>(
    String name, ValueType<T> type, Optional<String> fallback, String description) {
  static final String ENVIRONMENT_PREFIX = "SLUICE_";

  /** A key that has this value if it is not set. */
  public static <T> Key<T> of(String name, String fallback, ValueType<T> type, String description) {
    return new Key<>(name, type, Optional.of(fallback), description);
  }

  /** A key without a default. */
  public static <T> Key<T> of(String name, ValueType<T> type, String description) {
    return new Key<>(name, type, Optional.empty(), description);
  }

  /** The environment variable that sets this key. */
  String environmentVariable() {
    return ENVIRONMENT_PREFIX + name.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
  }

  /** The value that this text means; empty if it is not allowed. */
  public Optional<T> parse(String text) {
    return type.parse().value(text);
  }
}
