package dev.sluice.delivery;

import java.nio.file.Path;
import java.time.Duration;

/**
 * Settings of one sink's delivery loop.
 *
 * @param linger {@code <sink>.linger}: how long a batch waits to fill
 * @param minBackoff first pause after the store was unavailable
 * @param maxBackoff longest pause between two tries
 * @param deadLetterFile {@code <data.dir>/dead-letters/<sink>.ndjson}
 * @param maxDeadLetterBytes {@code dead-letters.max-bytes}: most bytes of that file
 */
public record DeliveryConfig(
    Duration linger,
    Duration minBackoff,
    Duration maxBackoff,
    Path deadLetterFile,
    long maxDeadLetterBytes) {}
