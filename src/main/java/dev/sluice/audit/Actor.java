package dev.sluice.audit;

/**
 * Who asks for something.
 *
 * @param kind how it is known: {@code token}, {@code certificate} or {@code address}
 * @param name the name of its token or certificate, else its address; never what the request itself
 *     says
 * @param address where the connection comes from
 */
public record Actor(String kind, String name, String address) {}
