package dev.sluice.cli;

import dev.sluice.api.FleetDevice;
import dev.sluice.api.FleetDevices;
import dev.sluice.api.FleetGaps;
import dev.sluice.api.FleetSummary;
import dev.sluice.cli.text.CommandException;
import dev.sluice.cli.text.FleetText;
import dev.sluice.config.SettingsException;
import jakarta.json.Json;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows how the devices do, which had gaps, and why. */
@Command(
    name = "fleet",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Shows which devices are live or silent, their gaps and the causes, as far as Sluice knows them."
          + " Without an action it shows the whole fleet."
    },
    footer = {
      "",
      "  sluice fleet devices --state silent --sort longest-gap",
      "  sluice fleet gaps --cause sluice-down --since 2026-11-22T03:00:00Z",
      "  sluice fleet device sensor-0000017    its rhythm, and its last gaps on a line of time",
      "  sluice fleet retire sensor-0000017    not silent but gone; heard again, it is back",
      "",
      "Causes: sluice-down, refused, fleet, late, device. The first two are Sluice's own doing.",
      "",
      "Exit codes: 0 shown; 1 not known, or refused; 2 the command cannot be used as given."
    })
final class FleetCommand implements Callable<Integer> {
  private static final String PATH = "/v1/fleet";

  /** A positional parameter rather than a subcommand, so that options may come before it. */
  private enum Action {
    SHOW,
    DEVICES,
    GAPS,
    DEVICE,
    RETIRE;

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
        "show: the whole fleet (the default).",
        "devices: a list of devices.",
        "gaps: the newest gaps.",
        "device ID: one device.",
        "retire ID: watch it no longer, until it is heard again."
      })
  private Action action = Action.SHOW;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "ID",
      description = "A device, for device and retire.")
  private Optional<String> device = Optional.empty();

  @Option(
      names = "--state",
      paramLabel = "STATE",
      description = "For devices: live, late, silent, learning or retired.")
  private Optional<String> state = Optional.empty();

  @Option(
      names = "--sort",
      paramLabel = "ORDER",
      description = "For devices: silence, jitter, gaps, lateness, longest-gap or name.")
  private Optional<String> sort = Optional.empty();

  @Option(names = "--cause", paramLabel = "CAUSE", description = "For gaps: only this cause.")
  private Optional<String> cause = Optional.empty();

  @Option(
      names = "--since",
      paramLabel = "TIME",
      description = "For gaps: only those that last or ended since then; ISO 8601 with an offset.")
  private Optional<String> since = Optional.empty();

  @Option(names = "--limit", paramLabel = "N", description = "For devices and gaps: most lines.")
  private Optional<Integer> limit = Optional.empty();

  FleetCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
    this.admin = new AdminOptions(surroundings.environment());
  }

  @Override
  public Integer call() throws SettingsException, CommandException {
    check();
    AdminClient client = admin.client(surroundings.patience());
    String body = ask(client);
    if (admin.json()) {
      surroundings.printAsItCame(body);
    } else {
      surroundings.out().print(text(body));
    }
    return Cli.OK;
  }

  private void check() throws UsageException {
    boolean needsDevice = action == Action.DEVICE || action == Action.RETIRE;
    if (needsDevice != device.isPresent()) {
      throw new UsageException(
          needsDevice
              ? action.label() + " needs the ID of a device"
              : "only device and retire take an ID");
    }
    belongs(state.isPresent(), "--state", Action.DEVICES);
    belongs(sort.isPresent(), "--sort", Action.DEVICES);
    belongs(cause.isPresent(), "--cause", Action.GAPS);
    belongs(since.isPresent(), "--since", Action.GAPS);
    if (limit.isPresent() && action != Action.DEVICES && action != Action.GAPS) {
      throw new UsageException("--limit belongs to devices and gaps");
    }
  }

  private void belongs(boolean given, String option, Action to) throws UsageException {
    if (given && action != to) {
      throw new UsageException(option + " belongs to " + to.label());
    }
  }

  private String ask(AdminClient client) throws CommandException {
    return switch (action) {
      case SHOW -> client.get(PATH);
      case DEVICES -> client.get(PATH + "/devices", query());
      case GAPS -> client.get(PATH + "/gaps", query());
      case DEVICE -> client.get(PATH + "/device", parameter("id", device.orElseThrow()));
      case RETIRE ->
          client.post(
              PATH,
              Json.createObjectBuilder()
                  .add("action", "retire")
                  .add("device_id", device.orElseThrow())
                  .build());
    };
  }

  private @Nullable String query() {
    List<String> parts = new ArrayList<>();
    state.ifPresent(text -> parts.add(parameter("state", text)));
    sort.ifPresent(text -> parts.add(parameter("sort", text)));
    cause.ifPresent(text -> parts.add(parameter("cause", text)));
    since.ifPresent(text -> parts.add(parameter("since", text)));
    limit.ifPresent(lines -> parts.add("limit=" + lines));
    return parts.isEmpty() ? null : String.join("&", parts);
  }

  /** Escapes everything that may have a meaning in a URI: a device may have any name. */
  private static String parameter(String name, String value) {
    return name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private String text(String body) throws CommandException {
    return switch (action) {
      case SHOW -> FleetText.of(AdminClient.read(body, FleetSummary.class, "the fleet"));
      case DEVICES ->
          FleetText.devices(
              AdminClient.read(body, FleetDevices.class, "the list of devices"), state.isPresent());
      case GAPS ->
          FleetText.gaps(
              AdminClient.read(body, FleetGaps.class, "the list of gaps"),
              cause.isPresent() || since.isPresent());
      case DEVICE, RETIRE ->
          FleetText.device(
              AdminClient.read(body, FleetDevice.class, "the device"),
              surroundings.terminal().width().columns());
    };
  }
}
