package dev.sluice.packaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.sluice.settings.Keys;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** What can be known about the container files without a container engine. */
class DockerFilesTest {
  private static final Path DOCKER = Path.of("docker");

  private static final String USER = "USER 10001:10001";

  /** Compose's key for another map's content; plain YAML 1.2 takes it as it is. */
  private static final String MERGE = "<<";

  /** The files of compose, and which services' ports each may publish: those of no store. */
  static Stream<Arguments> composed() {
    return Stream.of(
        arguments(
            "compose.yaml",
            Set.of("migrate", "sluice", "mysql", "questdb", "prometheus", "grafana"),
            Set.of("sluice", "prometheus", "grafana")),
        arguments(
            "compose-kafka.yaml",
            Set.of(
                "haproxy",
                "ingest-1",
                "ingest-2",
                "delivery-1",
                "delivery-2",
                "migrate",
                "kafka-1",
                "kafka-2",
                "kafka-3",
                "mysql",
                "questdb"),
            Set.of("haproxy", "delivery-1", "delivery-2")));
  }

  @ParameterizedTest
  @MethodSource("composed")
  void composesServicesThatNameOnlyWhatIsThere(
      String file, Set<String> names, Set<String> reached) {
    Map<?, ?> compose = yaml(DOCKER.resolve(file));
    Map<?, ?> services = map(compose, "services");

    assertThat(services.keySet().stream().map(Object::toString))
        .containsExactlyInAnyOrderElementsOf(names);
    for (Object service : services.values()) {
      Map<Object, Object> definition = merged((Map<?, ?>) service);
      dependencies(definition).forEach(name -> assertThat(services.containsKey(name)).isTrue());
      for (Object volume : list(definition, "volumes")) {
        String source = volume.toString().split(":", 2)[0];
        boolean named = map(compose, "volumes").containsKey(source);
        assertThat(named || Files.exists(DOCKER.resolve(source))).as(source).isTrue();
      }
      for (Object port : list(definition, "ports")) {
        assertThat(port.toString()).startsWith("127.0.0.1:");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("composed")
  void confinesEveryService(String file, Set<String> names, Set<String> reached) {
    Map<?, ?> compose = yaml(DOCKER.resolve(file));

    map(compose, "services")
        .forEach((name, definition) -> {
          Map<Object, Object> service = merged((Map<?, ?>) definition);
          assertThat(service.get("read_only")).as("%s read_only", name).isEqualTo(true);
          assertThat(service.get("cap_drop")).as("%s cap_drop", name).isEqualTo(List.of("ALL"));
          assertThat(service.get("security_opt"))
              .as("%s security_opt", name)
              .isEqualTo(List.of("no-new-privileges:true"));
          assertThat(String.valueOf(service.get("user")))
              .as("%s user", name)
              .matches("[1-9][0-9]*:[0-9]+");
          assertThat(list(service, "tmpfs").toString()).as("%s tmpfs", name).contains("/tmp:");
          assertThat(service.keySet().stream().map(Object::toString))
              .as("%s", name)
              .doesNotContain(
                  "privileged", "cap_add", "pid", "ipc", "network_mode", "devices", "userns_mode");
          assertThat(service.containsKey("ports"))
              .as("%s ports", name)
              .isEqualTo(reached.contains(String.valueOf(name)));
          assertThat(service.toString()).doesNotContain("docker.sock");
        });
  }

  @ParameterizedTest
  @MethodSource("composed")
  void checksHealthInAShellThatCanConnect(String file, Set<String> names, Set<String> reached) {
    Map<?, ?> services = map(yaml(DOCKER.resolve(file)), "services");
    int connecting = 0;

    for (Object definition : services.values()) {
      Map<Object, Object> service = merged((Map<?, ?>) definition);
      if (service.containsKey("healthcheck")) {
        String check = list(map(service, "healthcheck"), "test").toString();
        if (check.contains("/dev/tcp/")) {
          assertThat(check).startsWith("[CMD, bash, -c, ");
          connecting++;
        }
      }
    }
    assertThat(connecting).isPositive();
  }

  @Test
  void keepsTheStoresOnANetworkThatLeadsNowhere() {
    Map<?, ?> compose = yaml(DOCKER.resolve("compose.yaml"));
    Map<?, ?> services = map(compose, "services");

    assertThat(map(map(compose, "networks"), "stores").get("internal")).isEqualTo(true);
    for (String store : List.of("mysql", "questdb")) {
      assertThat(list(map(services, store), "networks").toString()).isEqualTo("[stores]");
    }
    for (String other : List.of("prometheus", "grafana")) {
      assertThat(list(map(services, other), "networks").toString()).isEqualTo("[front]");
    }
  }

  @Test
  void keepsBrokersWhereOnlySluicesAre() {
    Map<?, ?> compose = yaml(DOCKER.resolve("compose-kafka.yaml"));
    Map<?, ?> services = map(compose, "services");

    for (String inside : List.of("brokers", "stores", "edge")) {
      assertThat(map(map(compose, "networks"), inside).get("internal")).isEqualTo(true);
    }
    services.forEach((name, definition) -> {
      Map<Object, Object> service = merged((Map<?, ?>) definition);
      Object networks = service.get("networks");
      String on = networks instanceof Map<?, ?> map ? map.keySet().toString() : networks + "";
      String expected =
          switch (name.toString().replaceAll("-\\d", "")) {
            case "haproxy" -> "[front, edge]";
            case "ingest" -> "[edge, brokers]";
            case "delivery" -> "[front, brokers, stores]";
            case "kafka" -> "[brokers]";
            default -> "[stores]";
          };
      assertThat(on).as(name.toString()).isEqualTo(expected);
    });
  }

  @Test
  void believesTheAddressThatTheBalancerHasAndNobodyElse() {
    Map<?, ?> compose = yaml(DOCKER.resolve("compose-kafka.yaml"));
    Map<?, ?> services = map(compose, "services");
    Object address = map(map(map(services, "haproxy"), "networks"), "edge").get("ipv4_address");

    for (String node : List.of("ingest-1", "ingest-2")) {
      assertThat(environment(services, node).get("SLUICE_HTTP_PROXY_PROTOCOL_FROM"))
          .isEqualTo(address);
      assertThat(Program.text(DOCKER.resolve("haproxy.cfg")))
          .contains(
              "server %s %s:8080\n".formatted(node, node),
              "server %s %s:1883\n".formatted(node, node),
              "http.proxy-protocol-from: " + address,
              "send-proxy-v2",
              "check-send-proxy");
    }
    for (String node : List.of("delivery-1", "delivery-2")) {
      assertThat(environment(services, node))
          .doesNotContainKey("SLUICE_HTTP_PROXY_PROTOCOL_FROM")
          .containsEntry("SLUICE_NODE_ROLES", "delivery");
    }
  }

  private static Map<Object, Object> environment(Map<?, ?> services, String name) {
    return merged(map(merged(map(services, name)), "environment"));
  }

  @ParameterizedTest
  @CsvSource({"compose.yaml, 7", "compose-kafka.yaml, 8"})
  void hasNoPasswordThatIsTheSameEverywhere(String file, int expected) {
    Map<?, ?> compose = yaml(DOCKER.resolve(file));
    int passwords = 0;

    for (Object definition : map(compose, "services").values()) {
      Map<Object, Object> environment = merged(map(merged((Map<?, ?>) definition), "environment"));
      for (Map.Entry<Object, Object> variable : environment.entrySet()) {
        if (variable.getKey().toString().endsWith("PASSWORD")
            && !variable.getKey().equals("MYSQL_RANDOM_ROOT_PASSWORD")) {
          assertThat(variable.getValue().toString())
              .as(variable.getKey().toString())
              .matches("\\$\\{[A-Z]+_PASSWORD:\\?.+}");
          passwords++;
        }
      }
    }
    assertThat(passwords).isEqualTo(expected);
    assertThat(Program.text(Path.of(".gitignore")).lines()).contains(".env");
  }

  @Test
  void confinesTheServiceOfSystemd() {
    List<String> lines =
        Program.text(DOCKER.resolve("systemd/sluice.service"))
            .lines()
            .filter(line -> !line.isBlank() && !line.startsWith("#"))
            .toList();

    assertThat(lines).allMatch(line -> line.matches("\\[[A-Z][a-z]+]|[A-Z][A-Za-z]+=.*"));
    assertThat(lines)
        .contains(
            "User=sluice",
            "ProtectSystem=strict",
            "ReadWritePaths=/var/lib/sluice",
            "NoNewPrivileges=yes",
            "CapabilityBoundingSet=",
            "PrivateTmp=yes",
            "UMask=0077",
            "LimitNOFILE=1048576",
            "SystemCallFilter=@system-service",
            // The JVM compiles at run time.
            "MemoryDenyWriteExecute=no")
        .anyMatch(line -> line.startsWith("ExecStart=") && line.contains("jdk25-small.options"));
  }

  @Test
  void setsOnlySettingsThatExist() {
    String files =
        Stream.of("compose.yaml", "compose-kafka.yaml", "Dockerfile", "systemd/sluice.service")
            .map(file -> Program.text(DOCKER.resolve(file)))
            .collect(Collectors.joining());
    Set<String> set =
        Pattern.compile("SLUICE_[A-Z_]+")
            .matcher(files)
            .results()
            .map(MatchResult::group)
            .collect(Collectors.toSet());
    Set<String> known =
        Pattern.compile("[a-z-]+(\\.[a-z-]+)+")
            .matcher(Keys.reference())
            .results()
            .map(match -> "SLUICE_" + match.group().toUpperCase(Locale.ROOT))
            .map(name -> name.replaceAll("[.-]", "_"))
            .collect(Collectors.toSet());

    assertThat(set).hasSizeGreaterThan(8).isSubsetOf(known);
  }

  @Test
  void copiesOnlyFilesThatExistAndRunsAsNobodySpecial() {
    List<String> lines = Program.text(DOCKER.resolve("Dockerfile")).lines().toList();

    lines.stream()
        .filter(line -> line.startsWith("COPY ") && !line.contains("--from"))
        .flatMap(line -> Stream.of(line.substring(5).split(" ")).limit(line.split(" ").length - 2L))
        .forEach(file -> assertThat(Path.of(file)).exists());
    assertThat(lines).contains(USER).anyMatch(line -> line.startsWith("HEALTHCHECK "));
    assertThat(lines.indexOf(USER))
        .isLessThan(
            lines.indexOf(
                lines.stream().filter(l -> l.startsWith("ENTRYPOINT")).findFirst().orElseThrow()));
    String options = "jvm-options/jdk25-small.options";
    assertThat(lines).anyMatch(line -> line.startsWith("ENTRYPOINT") && line.contains(options));
    assertThat(Path.of(options)).exists();
  }

  @Test
  void drawsPanelsFromTheProvisionedSourceOnly() {
    Map<?, ?> provisioned =
        yaml(DOCKER.resolve("grafana/provisioning/datasources/prometheus.yaml"));
    Object uid = ((Map<?, ?>) list(provisioned, "datasources").getFirst()).get("uid");
    try (JsonReader reader =
        Json.createReader(
            new StringReader(Program.text(DOCKER.resolve("grafana/dashboards/sluice.json"))))) {
      JsonObject dashboard = reader.readObject();

      assertThat(dashboard.getJsonArray("panels")).hasSizeGreaterThan(5);
      for (JsonValue value : dashboard.getJsonArray("panels")) {
        JsonObject panel = value.asJsonObject();
        if (panel.getString("type").equals("row")) {
          continue; // a heading
        }
        assertThat(panel.getJsonObject("datasource").getString("uid")).isEqualTo(uid);
        assertThat(panel.getJsonArray("targets")).isNotEmpty();
        panel
            .getJsonArray("targets")
            .forEach(target -> assertThat(target.asJsonObject().getString("expr")).isNotBlank());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "prometheus.yml",
        "grafana/provisioning/dashboards/sluice.yaml",
        "compose.yaml",
        "compose-kafka.yaml"
      })
  void holdsYaml(String file) {
    assertThat(yaml(DOCKER.resolve(file))).isNotEmpty();
  }

  @Test
  void scrapesTheAdminPortOfTheServiceCalledSluice() {
    assertThat(Program.text(DOCKER.resolve("prometheus.yml"))).contains("sluice:8081");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void namesKernelSettingsThatExistAndSaysWhatTheyAreFor() throws IOException {
    List<String> lines = Files.readAllLines(DOCKER.resolve("sysctl/99-sluice.conf"));
    Path kernel = Path.of("/proc/sys");
    boolean explained = false;
    int settings = 0;

    for (String line : lines) {
      boolean setting = !line.isBlank() && !line.startsWith("#");
      if (setting) {
        String key = line.split(" = ", 2)[0];
        assertThat(explained).as(key).isTrue();
        // A container or a trimmed kernel may hide a setting; a group that is there knows them all.
        Path file = kernel.resolve(key.replace('.', '/'));
        assertThat(Files.exists(file) || !Files.exists(file.getParent())).as(key).isTrue();
        settings++;
      }
      explained = !line.isBlank();
    }
    assertThat(settings).isGreaterThan(15);
  }

  private static Stream<Object> dependencies(Map<?, ?> service) {
    Object depends = service.get("depends_on");
    return depends instanceof Map<?, ?> map
        ? merged(map).keySet().stream()
        : list(service, "depends_on").stream().map(Object.class::cast);
  }

  /** A map with what it takes from others, which its own entries override. */
  private static Map<Object, Object> merged(Map<?, ?> map) {
    Map<Object, Object> all = new HashMap<>();
    List<?> bases = map.get(MERGE) instanceof List<?> several ? several : list(map.get(MERGE));
    // Of several, the first that has a key counts.
    for (Object base : bases.reversed()) {
      all.putAll(merged((Map<?, ?>) base));
    }
    all.putAll(map);
    all.remove(MERGE);
    return all;
  }

  private static List<Object> list(@Nullable Object one) {
    return one == null ? List.of() : List.of(one);
  }

  private static Map<?, ?> map(Map<?, ?> parent, String key) {
    return parent.get(key) instanceof Map<?, ?> map ? map : Map.of();
  }

  private static List<?> list(Map<?, ?> parent, String key) {
    return parent.get(key) instanceof List<?> list ? list : List.of();
  }

  private static Map<?, ?> yaml(Path file) {
    LoadSettings settings = LoadSettings.builder().setLabel(file.toString()).build();
    return (Map<?, ?>) new Load(settings).loadFromString(Program.text(file));
  }
}
