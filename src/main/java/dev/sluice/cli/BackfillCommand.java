package dev.sluice.cli;

import dev.sluice.api.BackfillStatus;
import dev.sluice.cli.text.BackfillText;
import dev.sluice.cli.text.CommandException;
import dev.sluice.config.SettingsException;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Copies the history that was in MySQL before the mirror began. */
@Command(
    name = "backfill",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Copies to QuestDB what was in MySQL before the mirror began, while everything else keeps"
          + " running. Without an action it shows the progress."
    },
    footer = {
      "",
      "  sluice backfill preflight --watch     which rows need a decision? copies nothing",
      "  sluice backfill start --decide duplicate=skip",
      "  sluice backfill watch                 a progress bar, or plain lines without a terminal",
      "  sluice backfill throttle 20000        at most that many rows per second; 0: no limit",
      "",
      "start resumes from the checkpoint after a crash, a cancel or a failure; rows that are"
          + " already there are never overwritten by older ones. start, pause and the others"
          + " return immediately; stopping a watch does not stop the backfill.",
      "",
      "Exit codes: 0 done as asked, and, if watched, complete; 1 refused, failed or cancelled, or"
          + " a preflight found rows that need a decision; 2 invalid usage."
    })
final class BackfillCommand implements Callable<Integer> {
  private static final String PATH = "/v1/backfill";

  /** A positional parameter rather than a subcommand, so that options may come before it. */
  private enum Action {
    SHOW,
    PREFLIGHT,
    START,
    WATCH,
    PAUSE,
    RESUME,
    CANCEL,
    THROTTLE;

    String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final Surroundings surroundings;

  @Mixin private final AdminOptions admin;

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "ACTION",
      description = {
        "show: the progress (the default).",
        "preflight: check every row for values QuestDB cannot store.",
        "start: copy, from the checkpoint if there is one.",
        "watch: follow it until it ends.",
        "pause, resume: stop copying, and continue.",
        "cancel: stop; the checkpoint stays.",
        "throttle N: change the rate limit."
      })
  private Action action = Action.SHOW;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "N",
      description = "Rows per second, for throttle; 0: no limit.")
  private Optional<Long> rowsPerSecond = Optional.empty();

  @Option(
      names = "--decide",
      paramLabel = "CLASS=DECISION",
      description = {
        "For start: what to do with a class of rows; overrides the settings; repeatable."
            + " incomplete, before-1970, invalid-name, duplicate: stop or skip; similar-devices,"
            + " far-future: stop or copy."
      })
  private Map<String, String> decisions = Map.of();

  @Option(names = "--watch", description = "After preflight, start or resume: follow it.")
  private boolean watch;

  BackfillCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
    this.admin = new AdminOptions(surroundings.environment());
  }

  @Override
  public Integer call() throws SettingsException, CommandException {
    check();
    AdminClient client = admin.client(surroundings.patience());
    String body =
        action == Action.SHOW || action == Action.WATCH
            ? client.get(PATH)
            : client.post(PATH, body());
    if (watch || action == Action.WATCH) {
      return follow(client, body);
    }
    show(body);
    return Cli.OK;
  }

  private void check() throws UsageException {
    if ((action == Action.THROTTLE) != rowsPerSecond.isPresent()) {
      throw new UsageException(
          action == Action.THROTTLE
              ? "throttle needs N, in rows per second; 0: no limit"
              : "only throttle takes a number");
    }
    if (rowsPerSecond.orElse(0L) < 0) {
      throw new UsageException("N is " + rowsPerSecond.orElseThrow() + ", allowed are 0 and more");
    }
    if (!decisions.isEmpty() && action != Action.START) {
      throw new UsageException("--decide belongs to start");
    }
    boolean startsSomething =
        switch (action) {
          case PREFLIGHT, START, RESUME, WATCH -> true;
          case SHOW, PAUSE, CANCEL, THROTTLE -> false;
        };
    if (watch && !startsSomething) {
      throw new UsageException("--watch belongs to preflight, start and resume");
    }
  }

  private JsonObject body() {
    JsonObjectBuilder body = Json.createObjectBuilder().add("action", action.label());
    rowsPerSecond.ifPresent(rows -> body.add("rows_per_second", rows));
    if (!decisions.isEmpty()) {
      JsonObjectBuilder object = Json.createObjectBuilder();
      decisions.forEach(object::add);
      body.add("decisions", object);
    }
    return body.build();
  }

  private static BackfillStatus read(String body) throws CommandException {
    return AdminClient.read(body, BackfillStatus.class, "the backfill");
  }

  private int follow(AdminClient client, String body) throws CommandException {
    if (action == Action.WATCH && read(body).state().equals("none")) {
      throw new CommandException("there is no backfill to watch; start one: sluice backfill start");
    }
    String last =
        surroundings
            .watch(admin.json())
            .follow(client, PATH, body, latest -> BackfillText.progress(read(latest)));
    show(last);
    return isClean(read(last)) ? Cli.OK : Cli.FAILED;
  }

  /** A preflight leaves the state unchanged: it stays {@code none} if nothing was done before. */
  private boolean isClean(BackfillStatus last) {
    String state = last.state();
    boolean preflightOnly = action == Action.PREFLIGHT || state.equals("none");
    return preflightOnly ? BackfillText.passedPreflight(last) : state.equals("complete");
  }

  private void show(String body) throws CommandException {
    if (admin.json()) {
      surroundings.printAsItCame(body);
    } else {
      surroundings.out().print(BackfillText.of(read(body)));
    }
  }
}
