package dev.sluice.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Which texts a setting allows, and what they are parsed into. Immutable.
 *
 * @param allowed description for error messages and the reference
 * @param secret never printed
 * @param list may be written as a YAML sequence
 * @param parse returns empty for text that is not allowed
 */
public record ValueType<T>(String allowed, boolean secret, boolean list, Parser<T> parse) {

  /** Reads a value from a setting's text. */
  @FunctionalInterface
  public interface Parser<T> {
    /** Returns empty for text that is not allowed. */
    Optional<T> value(String text);
  }

  private static <T> ValueType<T> of(String allowed, Parser<T> parse) {
    return new ValueType<>(allowed, false, false, parse);
  }

  public static ValueType<String> text() {
    return of("any text", Optional::of);
  }

  public static ValueType<String> name() {
    return of("text, not empty", text -> Optional.of(text).filter(t -> !t.isBlank()));
  }

  public static ValueType<String> password() {
    return new ValueType<>("any text", true, false, Optional::of);
  }

  public static ValueType<String> url(String allowed, String... prefixes) {
    return of(
        allowed,
        text -> Optional.of(text).filter(t -> Arrays.stream(prefixes).anyMatch(t::startsWith)));
  }

  public static ValueType<Path> path() {
    return of("a path", text -> text.isBlank() ? Optional.empty() : parsePath(text));
  }

  public static ValueType<Integer> port() {
    return of("0..65535, 0 picks a free port", text -> Quantities.integer(text, 0, 65_535));
  }

  public static ValueType<Integer> portOrOff() {
    return of("0..65535, 0 is off", text -> Quantities.integer(text, 0, 65_535));
  }

  public static ValueType<Integer> integer(int min, int max) {
    return of(min + ".." + max, text -> Quantities.integer(text, min, max));
  }

  public static ValueType<Long> bytes(long min, long max) {
    return bytes(Quantities.bytesText(min), Quantities.bytesText(max));
  }

  public static ValueType<Long> bytes(String min, String max) {
    long from = Quantities.bytes(min).orElseThrow();
    long to = Quantities.bytes(max).orElseThrow();
    return of(
        "bytes, %s..%s, such as 16MiB".formatted(min, max),
        text -> Quantities.bytes(text).filter(n -> n >= from && n <= to));
  }

  public static ValueType<Duration> duration(String min, String max) {
    Duration from = Quantities.duration(min).orElseThrow();
    Duration to = Quantities.duration(max).orElseThrow();
    return of(
        "a duration, %s..%s, such as 50ms".formatted(min, max),
        text ->
            Quantities.duration(text).filter(d -> d.compareTo(from) >= 0 && d.compareTo(to) <= 0));
  }

  public static ValueType<Instant> instant(String min, String max) {
    Instant from = Instant.parse(min);
    Instant to = Instant.parse(max);
    return of(
        "a time with an offset, %s..%s".formatted(min, max),
        text -> parseInstant(text).filter(i -> !i.isBefore(from) && !i.isAfter(to)));
  }

  /** One of these words; labels are in lower case, input may be in any case. */
  public static <T> ValueType<T> choice(List<T> values, Function<T, String> label) {
    Map<String, T> byLabel = values.stream().collect(Collectors.toMap(label, Function.identity()));
    String allowed = values.stream().map(label).collect(Collectors.joining("|"));
    return of(allowed, text -> Optional.ofNullable(byLabel.get(text.toLowerCase(Locale.ROOT))));
  }

  /** One of these constants, in lower case. */
  public static <T extends Enum<T>> ValueType<T> choice(T[] values) {
    return choice(List.of(values), value -> value.name().toLowerCase(Locale.ROOT));
  }

  /** At least one of these constants, in lower case. */
  public static <T extends Enum<T>> ValueType<Set<T>> choices(T[] values) {
    ValueType<T> one = choice(values);
    return new ValueType<>(
        one.allowed() + ", or several of them, separated by commas",
        false,
        true,
        text -> parseNames(text).flatMap(names -> parseEach(names, one)));
  }

  private static <T> Optional<Set<T>> parseEach(List<String> names, ValueType<T> one) {
    Set<T> values = new LinkedHashSet<>();
    for (String name : names) {
      Optional<T> value = one.parse().value(name);
      if (value.isEmpty()) {
        return Optional.empty();
      }
      values.add(value.get());
    }
    return Optional.of(values);
  }

  /** Text that matches this pattern as a whole. */
  public static ValueType<String> matching(String allowed, String pattern) {
    Pattern whole = Pattern.compile(pattern);
    return of(allowed, text -> Optional.of(text).filter(t -> whole.matcher(t).matches()));
  }

  public static ValueType<Boolean> flag() {
    return choice(List.of(true, false), String::valueOf);
  }

  public static ValueType<Double> share() {
    return of("a share, 0..1, such as 0.05", ValueType::parseShare);
  }

  public static ValueType<List<String>> names() {
    return new ValueType<>("names, separated by commas", false, true, ValueType::parseNames);
  }

  private static Optional<List<String>> parseNames(String text) {
    List<String> names = Arrays.stream(text.split(",", -1)).map(String::strip).toList();
    return names.stream().anyMatch(String::isEmpty) ? Optional.empty() : Optional.of(names);
  }

  private static Optional<Double> parseShare(String text) {
    try {
      return Optional.of(Double.valueOf(text)).filter(share -> share >= 0 && share <= 1);
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  private static Optional<Instant> parseInstant(String text) {
    try {
      return Optional.of(OffsetDateTime.parse(text.strip()).toInstant());
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  private static Optional<Path> parsePath(String text) {
    try {
      return Optional.of(Path.of(text));
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }
}
