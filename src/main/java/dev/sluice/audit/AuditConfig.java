package dev.sluice.audit;

import java.nio.file.Path;

/**
 * Settings {@code audit.*}.
 *
 * @param file {@code audit.file}: the lines written now; full ones are beside it
 * @param reads {@code audit.reads}: whether reads of the admin port are recorded too
 * @param maxBytes {@code audit.max-bytes}: the size at which a file is full
 */
public record AuditConfig(Path file, boolean reads, long maxBytes) {}
