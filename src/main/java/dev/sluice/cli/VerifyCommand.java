package dev.sluice.cli;

import dev.sluice.api.RepairResult;
import dev.sluice.api.VerifyMap;
import dev.sluice.api.VerifyStatus;
import dev.sluice.cli.text.CommandException;
import dev.sluice.cli.text.ParityText;
import dev.sluice.cli.text.RepairText;
import dev.sluice.cli.text.VerifyText;
import dev.sluice.config.SettingsException;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Compares the stores and repairs what differs. */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Compares MySQL and QuestDB row by row, hour by hour, while everything else keeps running."
          + " Without an action it shows what is known."
    },
    footer = {
      "",
      "  sluice verify start --watch           compare the hours that need it",
      "  sluice verify map                     what is known of each hour",
      "  sluice verify repair                  what a repair would copy; changes nothing",
      "  sluice verify repair --execute        copy just those keys from MySQL to QuestDB",
      "  sluice verify start --control mysql   compare a store with itself: must find nothing",
      "",
      "A difference counts only if it is still there once both stores have everything that was"
          + " acknowledged. start returns immediately; stopping a watch does not stop the run."
          + " cancel keeps the results so far.",
      "",
      "Exit codes: 0 done as asked, and, if watched, no mismatch; 1 refused, failed, cancelled,"
          + " mismatches found, or keys that could not be repaired; 2 invalid usage."
    })
final class VerifyCommand implements Callable<Integer> {
  private static final String PATH = "/v1/verify";

  /** A positional parameter rather than a subcommand, so that options may come before it. */
  private enum Action {
    SHOW,
    START,
    WATCH,
    CANCEL,
    MAP,
    REPAIR
  }

  /** A store to compare with itself. */
  private enum Store {
    MYSQL,
    QUESTDB
  }

  private final Surroundings surroundings;

  @Mixin private final AdminOptions admin;

  @Parameters(
      arity = "0..1",
      paramLabel = "ACTION",
      description = {
        "show: what is known (the default).",
        "start: compare.",
        "watch: follow it until it ends.",
        "cancel: stop comparing.",
        "map: the state of each hour, consecutive hours grouped.",
        "repair: make QuestDB match MySQL where they differ; without --execute, only list what"
            + " would change."
      })
  private Action action = Action.SHOW;

  @Option(names = "--all", description = "For start: every hour, not just those that need it.")
  private boolean all;

  @Option(
      names = "--control",
      paramLabel = "STORE",
      description = "For start: compare mysql or questdb with itself.")
  private Optional<Store> control = Optional.empty();

  @Option(names = "--watch", description = "After start: follow it.")
  private boolean watch;

  @Option(names = "--execute", description = "For repair: make the changes.")
  private boolean execute;

  @Option(names = "--all-hours", description = "For map: one line per hour.")
  private boolean allHours;

  VerifyCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
    this.admin = new AdminOptions(surroundings.environment());
  }

  @Override
  public Integer call() throws SettingsException, CommandException {
    check();
    AdminClient client = admin.client(surroundings.patience());
    return switch (action) {
      case SHOW -> show(client.get(PATH));
      case START -> start(client);
      case WATCH -> follow(client, client.get(PATH));
      case CANCEL -> show(client.post(PATH, body("cancel").build()));
      case MAP -> map(client.get(PATH, "map=true"));
      case REPAIR -> repair(client);
    };
  }

  private void check() throws UsageException {
    belongs(all, "--all", Action.START);
    belongs(control.isPresent(), "--control", Action.START);
    belongs(watch && action != Action.WATCH, "--watch", Action.START);
    belongs(execute, "--execute", Action.REPAIR);
    belongs(allHours, "--all-hours", Action.MAP);
    if (all && control.isPresent()) {
      throw new UsageException("--all and --control exclude each other: choose one");
    }
  }

  private void belongs(boolean given, String option, Action to) throws UsageException {
    if (given && action != to) {
      throw new UsageException(option + " belongs to " + to.name().toLowerCase(Locale.ROOT));
    }
  }

  private int start(AdminClient client) throws CommandException {
    String scope =
        control
            .map(store -> "control-" + store.name().toLowerCase(Locale.ROOT))
            .orElse(all ? "all" : "needed");
    String body = client.post(PATH, body("start").add("scope", scope).build());
    return watch ? follow(client, body) : show(body);
  }

  private static VerifyStatus read(String body) throws CommandException {
    return AdminClient.read(body, VerifyStatus.class, "the verification");
  }

  private int follow(AdminClient client, String body) throws CommandException {
    if (read(body).state().equals("idle")) {
      throw new CommandException("no verification is running; start one: sluice verify start");
    }
    String last =
        surroundings
            .watch(admin.json())
            .follow(client, PATH, body, latest -> VerifyText.progress(read(latest)));
    show(last);
    return VerifyText.clean(read(last)) ? Cli.OK : Cli.FAILED;
  }

  private int repair(AdminClient client) throws CommandException {
    JsonObject request = body("repair").add("execute", execute).build();
    String body = client.post(PATH, request, surroundings.patience().repair());
    RepairResult result = AdminClient.read(body, RepairResult.class, "the repair");
    if (admin.json()) {
      surroundings.printAsItCame(body);
    } else {
      String again = "sluice verify repair --execute" + admin.toTheSameSluice();
      surroundings.out().print(RepairText.of(result, again));
    }
    return execute && result.notRepairedTotal() > 0 ? Cli.FAILED : Cli.OK;
  }

  private int map(String body) throws CommandException {
    if (admin.json()) {
      surroundings.printAsItCame(body);
    } else {
      VerifyMap known = AdminClient.read(body, VerifyMap.class, "the parity map");
      surroundings.out().print(ParityText.of(known, allHours));
    }
    return Cli.OK;
  }

  private int show(String body) throws CommandException {
    if (admin.json()) {
      surroundings.printAsItCame(body);
    } else {
      surroundings.out().print(VerifyText.of(read(body)));
    }
    return Cli.OK;
  }

  private static JsonObjectBuilder body(String action) {
    return Json.createObjectBuilder().add("action", action);
  }
}
