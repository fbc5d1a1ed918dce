package dev.sluice.api;

import java.time.Instant;

/**
 * One thing that is wrong now.
 *
 * @param what the part it is about: {@code ingest}, {@code journal}, {@code stores}, {@code
 *     tokens}, or the name of a store
 * @param since when it was first seen without a break
 * @param reason what is wrong, observed against allowed
 * @param remedy what to do about it, or what Sluice does by itself
 */
public record Trouble(String what, Instant since, String reason, String remedy) {}
