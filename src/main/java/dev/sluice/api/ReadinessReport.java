package dev.sluice.api;

import jakarta.json.bind.annotation.JsonbNillable;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /v1/cutover} without {@code execute}: whether a change of phase could be made, guard
 * by guard.
 *
 * @param id by which a flip names it
 * @param at when all guards had been checked, to the millisecond
 * @param epoch in force then
 * @param would what the change would do, step by step
 * @param hash SHA-256 of the report without this member, in hex
 */
public record ReadinessReport(
    String id,
    Instant at,
    long epoch,
    String from,
    String to,
    boolean ready,
    List<Guard> guards,
    List<String> would,
    @JsonbNillable(false) @Nullable String hash) {

  public ReadinessReport {
    Objects.requireNonNull(id, "id");
    guards = Objects.requireNonNullElse(guards, List.of());
    would = Objects.requireNonNullElse(would, List.of());
  }

  /**
   * What one guard saw.
   *
   * @param value what was observed
   * @param threshold what is allowed
   * @param passed whether it lets the change through
   * @param reason why not and what to do; empty when it passed
   */
  public record Guard(
      String name, String value, String threshold, boolean passed, @Nullable String reason) {
    /** One sentence for an operator: {@code disk is 1 GiB, allowed is at least 2 GiB: …}. */
    public String sentence() {
      return name + " is " + value + ", allowed is " + threshold + ": " + reason;
    }
  }

  /** The same report with its hash. */
  public ReadinessReport hashed() {
    return new ReadinessReport(
        id, at, epoch, from, to, ready, guards, would, sha256(Json.write(withoutHash())));
  }

  /** The failed guards, one sentence each. */
  public String failures() {
    return guards.stream()
        .filter(guard -> !guard.passed())
        .map(Guard::sentence)
        .collect(Collectors.joining("; "));
  }

  private ReadinessReport withoutHash() {
    return new ReadinessReport(id, at, epoch, from, to, ready, guards, would, null);
  }

  private static String sha256(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
