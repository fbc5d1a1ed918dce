package dev.sluice.http.connection;

/**
 * Where a listener listens.
 *
 * @param port 0 takes a free one
 * @param backlog most connections that may wait to be accepted; the kernel caps it at
 *     net.core.somaxconn
 */
public record ListenAddress(String host, int port, int backlog) {}
