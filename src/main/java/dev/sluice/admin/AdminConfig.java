package dev.sluice.admin;

/**
 * Settings {@code admin.*}.
 *
 * @param host {@code admin.host}
 * @param port {@code admin.port}; 0 picks a free one
 */
public record AdminConfig(String host, int port) {}
