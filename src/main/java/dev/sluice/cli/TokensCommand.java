package dev.sluice.cli;

import dev.sluice.api.Json;
import dev.sluice.api.TokenInfo;
import dev.sluice.api.TokenList;
import dev.sluice.cli.text.CommandException;
import dev.sluice.cli.text.Human;
import dev.sluice.cli.text.TokensText;
import dev.sluice.config.SettingsException;
import dev.sluice.http.auth.Client;
import dev.sluice.http.auth.Scope;
import dev.sluice.http.auth.Sha256;
import dev.sluice.http.auth.TokenLine;
import dev.sluice.http.auth.TokensEdit;
import dev.sluice.http.auth.TokensFile;
import dev.sluice.settings.Mode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Edits the tokens file, whether a Sluice is running or not; a running one notices within a second
 * or two. A secret is printed once, by itself, and is never an argument.
 */
@Command(
    name = "tokens",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Shows and changes who may send requests: the lines of auth.tokens-file. Without an action it"
          + " lists them."
    },
    footer = {
      "",
      "  sluice tokens add fleet-1 --scopes write --devices 'fleet-1-*' --until 2027-12-31",
      "  sluice tokens add ops --scopes admin --certificate ops.pem",
      "  sluice tokens revoke fleet-1",
      "  sluice tokens check --stdin < token",
      "",
      "add prints the new token to standard output, and everything else to standard error.",
      "",
      "Exit codes: 0 done; 1 not known, not valid, or the file is refused; 2 the command cannot be"
          + " used as given."
    })
final class TokensCommand implements Callable<Integer> {
  private static final int MOST_TOKEN_BYTES = 4096;

  /** A positional parameter rather than a subcommand, so that options may come before it. */
  private enum Action {
    LIST,
    ADD,
    REVOKE,
    CHECK;

    String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final Surroundings surroundings;

  @Spec private @Nullable CommandSpec spec;

  @Mixin private final SettingsOptions settings;

  @Mixin private final NewTokenOptions given = new NewTokenOptions();

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "ACTION",
      description = {
        "list: what each line allows (the default).",
        "add NAME: a new token, or a certificate.",
        "revoke NAME: remove its line.",
        "check: whether Sluice would take the file; with --stdin, what a token may do."
      })
  private Action action = Action.LIST;

  @Parameters(index = "1", arity = "0..1", paramLabel = "NAME", description = "For add and revoke.")
  private Optional<String> name = Optional.empty();

  @Option(
      names = "--file",
      paramLabel = "FILE",
      description = "The tokens file; default: auth.tokens-file.")
  private Optional<Path> file = Optional.empty();

  @Option(names = "--json", description = "For list and check: print JSON.")
  private boolean json;

  @Option(
      names = "--stdin",
      description = "For check: read a token from standard input, and say what it may do.")
  private boolean stdin;

  TokensCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
    this.settings = new SettingsOptions(surroundings.environment());
  }

  @Override
  public Integer call() throws SettingsException, CommandException {
    check();
    Path path = path();
    try {
      return switch (action) {
        case LIST -> show(path, new TokensEdit(path).read().tokens());
        case ADD -> add(path, given.token(name.orElseThrow()));
        case REVOKE -> revoke(path, name.orElseThrow());
        case CHECK -> stdin ? checkToken(path) : checkFile(path);
      };
    } catch (NoSuchFileException e) {
      throw new CommandException(
          action == Action.ADD
              ? "the folder of %s is not there: create it first".formatted(path)
              : "%s is not there: sluice tokens add creates it".formatted(path),
          e);
    } catch (IOException e) {
      throw new CommandException(path + " cannot be read or written: " + e, e);
    } catch (IllegalArgumentException e) {
      throw new CommandException(String.valueOf(e.getMessage()), e);
    }
  }

  private void check() throws UsageException {
    boolean needsName = action == Action.ADD || action == Action.REVOKE;
    if (needsName != name.isPresent()) {
      throw new UsageException(
          needsName ? action.label() + " needs a NAME" : "only add and revoke take a NAME");
    }
    if (action != Action.ADD && given.isUsed()) {
      throw new UsageException("only add takes options that say what a token may do");
    }
    if (stdin && action != Action.CHECK) {
      throw new UsageException("--stdin belongs to check");
    }
    if (json && (action == Action.ADD || action == Action.REVOKE)) {
      throw new UsageException("--json belongs to list and check");
    }
  }

  private Path path() throws SettingsException, UsageException {
    Optional<Path> path = file.isPresent() ? file : settings.load(Mode.CLIENT).auth().tokensFile();
    return path.orElseThrow(() ->
        new UsageException("auth.tokens-file is not set: set it, or name a file with --file"));
  }

  private int show(Path path, List<TokenLine> lines) {
    Instant now = Instant.now();
    TokenList list =
        new TokenList(path.toString(), lines.stream().map(line -> info(line, now)).toList());
    if (json) {
      surroundings.printAsItCame(Json.write(list));
    } else {
      surroundings.out().print(TokensText.of(list));
    }
    return Cli.OK;
  }

  private int add(Path path, NewTokenOptions.Added added) throws IOException {
    new TokensEdit(path).add(added.line());
    added.token().ifPresent(token -> surroundings.out().println(token.secret()));
    say(
        "added %s to %s%s"
            .formatted(
                added.line().name(),
                path,
                added.token().isPresent()
                    ? "; its token was printed this once, and cannot be shown again"
                    : ""));
    return Cli.OK;
  }

  private int revoke(Path path, String revoked) throws IOException {
    new TokensEdit(path).revoke(revoked);
    say("revoked %s; a running Sluice refuses it within a second or two".formatted(revoked));
    return Cli.OK;
  }

  private int checkFile(Path path) throws IOException {
    boolean readByOthers = TokensFile.requireUsable(path);
    int code = show(path, new TokensEdit(path).read().tokens());
    if (readByOthers) {
      say("others than its owner can read %s: run chmod 600 on it".formatted(path));
    }
    return code;
  }

  private int checkToken(Path path) throws IOException, CommandException {
    byte[] sent = surroundings.in().readNBytes(MOST_TOKEN_BYTES);
    Sha256 hash = Sha256.of(new String(sent, StandardCharsets.UTF_8).strip());
    TokenLine line =
        new TokensEdit(path)
            .read().tokens().stream()
                .filter(token -> token.kind() == Client.Kind.TOKEN && token.hash().equals(hash))
                .findFirst()
                .orElseThrow(() -> new CommandException("no line of " + path + " is for it"));
    show(path, List.of(line));
    return line.isExpired(Instant.now()) ? Cli.FAILED : Cli.OK;
  }

  private static TokenInfo info(TokenLine line, Instant now) {
    return new TokenInfo(
        line.name(),
        line.kind().name().toLowerCase(Locale.ROOT),
        Arrays.stream(Scope.values())
            .filter(line.scopes()::contains)
            .map(scope -> scope.name().toLowerCase(Locale.ROOT))
            .toList(),
        line.until().map(Instant::toString).orElse(null),
        line.isExpired(now),
        line.from().stream().map(Object::toString).toList(),
        line.devicePrefix().isEmpty() ? null : line.devicePrefix() + "*",
        orNull(line.limits().readingsPerSecond()),
        orNull(line.limits().bytesPerSecond()),
        line.limits().concurrentRequests().isPresent()
            ? (long) line.limits().concurrentRequests().getAsInt()
            : null);
  }

  private static @Nullable Long orNull(OptionalLong limit) {
    return limit.isPresent() ? limit.getAsLong() : null;
  }

  /** Everything but what was asked for goes to standard error. */
  private void say(String text) {
    if (spec == null) {
      throw new AssertionError("picocli has not set the command's spec");
    }
    spec.commandLine().getErr().println("sluice: " + Human.plain(text));
  }
}
