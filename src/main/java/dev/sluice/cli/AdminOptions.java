package dev.sluice.cli;

import dev.sluice.cli.text.CommandException;
import dev.sluice.cli.text.Human;
import dev.sluice.config.SettingsException;
import dev.sluice.http.tls.TlsClient;
import dev.sluice.settings.Mode;
import dev.sluice.settings.Settings;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options of every command that talks to a running Sluice. */
final class AdminOptions {
  private final Map<String, String> environment;

  @Mixin private final SettingsOptions settings;

  @Option(names = "--json", description = "Print the JSON answer unchanged.")
  private boolean json;

  @Option(
      names = "--token",
      paramLabel = "TOKEN",
      description =
          "Token, if Sluice requires one. Prefer SLUICE_TOKEN: it does not show up in process"
              + " lists.")
  private Optional<String> token = Optional.empty();

  @Option(
      names = "--url",
      paramLabel = "URL",
      description =
          "Admin port of the Sluice to talk to, such as https://sluice.example:8081; default:"
              + " admin.host and admin.port, encrypted if tls.cert is set.")
  private Optional<URI> url = Optional.empty();

  @Option(
      names = "--ca",
      paramLabel = "FILE",
      description =
          "PEM file of who issued Sluice's certificate; default: those this JDK trusts, and without"
              + " --url only the certificate in tls.cert.")
  private Optional<Path> ca = Optional.empty();

  @Option(
      names = "--cert",
      paramLabel = "FILE",
      description = "PEM file of your own certificate, if Sluice asks for one.")
  private Optional<Path> certificate = Optional.empty();

  @Option(names = "--key", paramLabel = "FILE", description = "PEM file of its private key.")
  private Optional<Path> key = Optional.empty();

  AdminOptions(Map<String, String> environment) {
    this.environment = environment;
    this.settings = new SettingsOptions(environment);
  }

  AdminClient client(Patience patience) throws SettingsException, CommandException {
    Optional<String> bearer =
        token
            .or(() -> Optional.ofNullable(environment.get("SLUICE_TOKEN")))
            .filter(text -> !text.isEmpty());
    return new AdminClient(target(), bearer, patience);
  }

  private AdminTarget target() throws SettingsException, CommandException {
    if (certificate.isPresent() != key.isPresent()) {
      throw new UsageException("--cert and --key need each other");
    }
    Optional<TlsClient.Shown> shown =
        certificate.flatMap(file -> key.map(itsKey -> new TlsClient.Shown(file, itsKey)));
    return url.isPresent()
        ? AdminTarget.at(url.get(), ca, shown)
        : AdminTarget.of(settings.load(Mode.CLIENT), ca, shown);
  }

  /** The settings of this machine, for a command that can do without a running Sluice. */
  Settings settings() throws SettingsException {
    return settings.load(Mode.CLIENT);
  }

  boolean json() {
    return json;
  }

  /** See {@link SettingsOptions#toTheSameSluice()}. */
  String toTheSameSluice() {
    StringBuilder words = new StringBuilder(settings.toTheSameSluice());
    url.ifPresent(it -> words.append(" --url ").append(Human.quoted(it.toString())));
    ca.ifPresent(it -> words.append(" --ca ").append(Human.quoted(it.toString())));
    certificate.ifPresent(it -> words.append(" --cert ").append(Human.quoted(it.toString())));
    key.ifPresent(it -> words.append(" --key ").append(Human.quoted(it.toString())));
    return words.toString();
  }
}
