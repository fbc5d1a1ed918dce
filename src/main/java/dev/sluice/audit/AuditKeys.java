package dev.sluice.audit;

import dev.sluice.config.Key;
import dev.sluice.config.ValueType;
import java.nio.file.Path;
import java.util.List;

/** The keys of {@link AuditConfig}. */
public final class AuditKeys {
  public static final Key<Path> FILE =
      Key.of(
          "audit.file",
          ValueType.path(),
          "Who changed what on the admin port; by default audit.ndjson in data.dir.");
  public static final Key<Boolean> READS =
      Key.of("audit.reads", "false", ValueType.flag(), "Whether reads of it are recorded as well.");
  public static final Key<Long> MAX_BYTES =
      Key.of(
          "audit.max-bytes",
          "256MiB",
          ValueType.bytes("64KiB", "1TiB"),
          "Size at which the file is set aside and a new one begun; none is ever deleted.");

  /** All of them, in the order of the reference. */
  public static final List<Key<?>> ALL = List.of(FILE, READS, MAX_BYTES);

  private AuditKeys() {}
}
