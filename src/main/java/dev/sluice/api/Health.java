package dev.sluice.api;

import jakarta.json.bind.annotation.JsonbNillable;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /health/live} and {@code /health/ready}.
 *
 * @param status {@code up}, {@code ready} or {@code not ready}
 * @param reason why it is not ready
 */
public record Health(String status, @JsonbNillable(false) @Nullable String reason) {}
