package dev.sluice.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one line of a tokens file allows.
 *
 * @param name its name; without one, the kind and the first 8 hex digits of the hash
 * @param kind {@code token} or {@code certificate}
 * @param until when it ends; null if never
 * @param expired whether that is past
 * @param from blocks of addresses; empty if from anywhere
 * @param devices what the names of its devices begin with; null if it may have any
 * @param readingsPerSecond its own limit, 0 if it has none; null if it is as the settings say
 * @param bytesPerSecond likewise
 * @param concurrentRequests likewise
 */
public record TokenInfo(
    String name,
    String kind,
    List<String> scopes,
    @Nullable String until,
    boolean expired,
    List<String> from,
    @Nullable String devices,
    @Nullable Long readingsPerSecond,
    @Nullable Long bytesPerSecond,
    @Nullable Long concurrentRequests) {}
