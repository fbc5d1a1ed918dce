package dev.sluice.cli.text;

import dev.sluice.api.TokenInfo;
import dev.sluice.api.TokenList;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Formats what a tokens file allows for people. Pure. */
public final class TokensText {
  private static final int LABEL = 10;
  private static final String ANY = "any";
  private static final String NONE = "-";

  private TokensText() {}

  /** A table with a line for each, and how many there are. */
  public static String of(TokenList list) {
    Sheet sheet = new Sheet(LABEL);
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("name", "kind", "may", "until", "from", "devices", "limits"));
    list.tokens().forEach(token -> rows.add(row(token)));
    long expired = list.tokens().stream().filter(TokenInfo::expired).count();
    return sheet
        .table(rows)
        .blank()
        .plain(
            "%s in %s, %s of them expired"
                .formatted(
                    Human.counted(list.tokens().size(), "line"), list.file(), Human.count(expired)))
        .toString();
  }

  private static List<String> row(TokenInfo token) {
    return List.of(
        token.name(),
        token.kind(),
        String.join(",", token.scopes()),
        until(token),
        token.from().isEmpty() ? ANY : String.join(",", token.from()),
        token.devices() == null ? ANY : token.devices(),
        limits(token));
  }

  private static String until(TokenInfo token) {
    String until = token.until();
    if (until == null) {
      return NONE;
    }
    return token.expired() ? "expired " + until : until;
  }

  private static String limits(TokenInfo token) {
    List<String> limits = new ArrayList<>();
    add(limits, token.readingsPerSecond(), "readings/s");
    add(limits, token.bytesPerSecond(), "bytes/s");
    add(limits, token.concurrentRequests(), "requests at once");
    return limits.isEmpty() ? NONE : String.join(", ", limits);
  }

  private static void add(List<String> limits, @Nullable Long value, String unit) {
    if (value != null) {
      limits.add((value == 0 ? "unlimited" : Human.count(value)) + " " + unit);
    }
  }
}
