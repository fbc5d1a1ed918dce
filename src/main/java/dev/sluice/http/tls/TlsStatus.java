package dev.sluice.http.tls;

import java.time.Instant;
import java.util.Optional;

/**
 * What the certificates are like now. Immutable.
 *
 * @param notAfter when the first certificate of the chain in use to expire does
 * @param loadedAt when the ones in use were read
 * @param reloads how often they have been replaced since the start
 * @param failures how often the files were checked and could not be used
 * @param fault why the files cannot be used; empty while they hold what is in use
 */
public record TlsStatus(
    Instant notAfter, Instant loadedAt, long reloads, long failures, Optional<String> fault) {}
