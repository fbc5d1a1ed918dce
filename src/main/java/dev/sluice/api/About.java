package dev.sluice.api;

import jakarta.json.bind.annotation.JsonbNillable;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /v1/about}: which Sluice this is.
 *
 * @param version as the jar's manifest has it
 * @param java version and vendor of the JVM
 * @param system name and version of the operating system
 * @param processors that the JVM may use
 * @param dataDir {@code data.dir}
 * @param optionsFile that the JVM was started with; absent if it was started without one
 */
public record About(
    String version,
    String java,
    String system,
    int processors,
    long maxHeapBytes,
    long pid,
    String dataDir,
    Instant startedAt,
    @JsonbNillable(false) @Nullable String optionsFile) {}
