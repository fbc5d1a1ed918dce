package dev.sluice.http.connection;

import dev.sluice.http.ByteBudget;
import dev.sluice.http.origin.Origins;
import dev.sluice.http.proxy.Proxies;
import dev.sluice.http.tls.TlsDoor;
import org.jspecify.annotations.Nullable;

/**
 * What every connection of one listener is held to, in the order in which a client meets it.
 *
 * @param limits how many connections are let in
 * @param proxies whose word is taken for who is at the other end
 * @param tls encrypts every connection; null for plain text
 * @param origins judges where requests come from
 * @param watch ends stalled requests and answers; whoever makes it starts and closes it
 * @param budget where connections claim memory for unfinished requests and large answers
 * @param maxBodyBytes largest body that routes accept, in bytes; they refuse larger ones themselves
 */
public record ConnectionRules(
    ConnectionLimits limits,
    Proxies proxies,
    @Nullable TlsDoor tls,
    Origins origins,
    StallWatch watch,
    ByteBudget budget,
    int maxBodyBytes) {}
