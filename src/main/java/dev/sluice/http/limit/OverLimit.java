package dev.sluice.http.limit;

/**
 * A client is over a limit of its own, and nothing of the request counts.
 *
 * @param limit which one
 * @param retrySeconds whole seconds after which there is room if the client sends nothing else
 *     meanwhile, at least 1
 * @param reason what was observed against what is allowed, fit for the client to read
 */
public record OverLimit(Limit limit, int retrySeconds, String reason) {}
