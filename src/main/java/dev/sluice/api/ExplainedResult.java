package dev.sluice.api;

/**
 * {@code POST /v1/cutover} with {@code explain_dead_letters}.
 *
 * @param deadLetters how many are accepted now
 */
public record ExplainedResult(String sink, long deadLetters) {}
