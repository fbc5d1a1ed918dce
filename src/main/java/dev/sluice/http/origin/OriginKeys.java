package dev.sluice.http.origin;

import dev.sluice.config.Key;
import dev.sluice.config.ValueType;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** The keys of {@link OriginConfig}. */
public final class OriginKeys {
  private static final String LABEL = "[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?";
  private static final String NAME = LABEL + "(\\." + LABEL + ")*";
  private static final Pattern HOST = Pattern.compile("\\*|(\\*\\.)?" + NAME);
  private static final Pattern ORIGIN =
      Pattern.compile("https?://(" + NAME + "|\\[[0-9a-f:.]+])(:[0-9]{1,5})?");

  public static final Key<List<String>> ALLOWED_HOSTS =
      Key.of(
          "http.allowed-hosts",
          list("host names without a port, separated by commas; *.example.com, or * for any", HOST),
          "Names in Host beside localhost and the bound host's; addresses need not be listed.");
  public static final Key<List<String>> ALLOWED_ORIGINS =
      Key.of(
          "http.allowed-origins",
          list("origins such as https://ops.example.com, separated by commas", ORIGIN),
          "Web pages that may send requests, beside those that Sluice itself serves.");

  /** All of them, in the order of the reference. */
  public static final List<Key<?>> ALL = List.of(ALLOWED_HOSTS, ALLOWED_ORIGINS);

  private OriginKeys() {}

  private static ValueType<List<String>> list(String allowed, Pattern each) {
    return new ValueType<>(allowed, false, true, text -> parse(text, each));
  }

  private static Optional<List<String>> parse(String text, Pattern each) {
    List<String> items =
        Arrays.stream(text.split(",", -1))
            .map(item -> item.strip().toLowerCase(Locale.ROOT))
            .toList();
    return items.stream().allMatch(item -> each.matcher(item).matches())
        ? Optional.of(items)
        : Optional.empty();
  }
}
