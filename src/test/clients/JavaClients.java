import com.influxdb.client.InfluxDBClientFactory;
import com.influxdb.client.WriteApi;
import com.influxdb.client.WriteOptions;
import com.influxdb.client.domain.WritePrecision;
import com.influxdb.client.write.events.WriteErrorEvent;
import com.influxdb.client.write.events.WriteRetriableErrorEvent;
import com.influxdb.client.write.events.WriteSuccessEvent;
import com.influxdb.v3.client.InfluxDBClient;
import io.questdb.client.Sender;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.influxdb.BatchOptions;
import org.influxdb.InfluxDB;
import org.influxdb.InfluxDBFactory;
import org.influxdb.dto.Query;

/**
 * A client of InfluxDB or QuestDB for Java, unmodified, as its own examples use it, for as long as
 * there is something on standard input: {@code JavaClients CLIENT PORT TOKEN}. Each line is a
 * command, and is answered with a line:
 *
 * <pre>
 * examples DEVICE        asks what the examples ask, and writes 1.5
 * partial DEVICE         writes 2.5, and 3.5 without a device
 * write DEVICE VALUE     writes this
 * </pre>
 *
 * <p>The answer is {@code kept}, {@code taken} from a client that does not say when its readings
 * were acknowledged, or what the client reports.
 */
final class JavaClients {
  private static final String DATABASE = "sensors";

  private JavaClients() {}

  public static void main(String[] arguments) throws Exception {
    String address = "127.0.0.1:" + arguments[1];
    String url = "http://" + address;
    String token = arguments[2];
    try (Client client =
            switch (arguments[0]) {
              case "influxdb3-java" -> new Influx3(url, token, false);
              case "influxdb3-java-noSync" -> new Influx3(url, token, true);
              case "influxdb-client-java" -> new Influx2(url, token);
              case "influxdb-java" -> new Influx1(url, token);
              case "questdb-client" -> new Quest(address, token);
              default -> throw new IllegalArgumentException("no client " + arguments[0]);
            };
        BufferedReader in =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        System.out.println(answer(client, line.split(" ")).replaceAll("\\s+", " "));
      }
    }
  }

  private static String answer(Client client, String[] words) {
    try {
      return switch (words[0]) {
        case "examples" -> client.examples(words[1]);
        case "partial" -> client.partial(words[1]);
        case "write" -> client.write(words[1], Double.parseDouble(words[2]));
        default -> throw new IllegalArgumentException("no command " + words[0]);
      };
    } catch (Exception e) {
      return e.toString();
    }
  }

  private interface Client extends AutoCloseable {
    String examples(String device) throws Exception;

    String partial(String device) throws Exception;

    String write(String device, double value) throws Exception;
  }

  private static final class Influx3 implements Client {
    private final InfluxDBClient client;

    Influx3(String url, String token, boolean noSync) {
      client =
          InfluxDBClient.getInstance(
              new com.influxdb.v3.client.config.ClientConfig.Builder()
                  .host(url)
                  .token(token.toCharArray())
                  .database(DATABASE)
                  .writeNoSync(noSync)
                  .build());
    }

    @Override
    public String examples(String device) {
      String version = client.getServerVersion();
      if (version == null || !version.contains("sluice")) {
        return "the version is " + version;
      }
      client.writeRecord("temp,host=" + device + " value=1.5");
      return "kept";
    }

    @Override
    public String partial(String device) {
      client.writePoints(List.of(point(2.5).setTag("host", device), point(3.5)));
      return "kept";
    }

    @Override
    public String write(String device, double value) {
      client.writePoint(point(value).setTag("host", device));
      return "kept";
    }

    private static com.influxdb.v3.client.Point point(double value) {
      return com.influxdb.v3.client.Point.measurement("temp")
          .setField("value", value)
          .setTimestamp(Instant.now());
    }

    @Override
    public void close() throws Exception {
      client.close();
    }
  }

  /** Writes in batches, which it sends again by itself. */
  private static final class Influx2 implements Client {
    private final com.influxdb.client.InfluxDBClient client;
    private final WriteApi writes;
    private final BlockingQueue<String> outcomes = new LinkedBlockingQueue<>();

    Influx2(String url, String token) {
      client = InfluxDBClientFactory.create(url, token.toCharArray(), "any", DATABASE);
      writes = client.makeWriteApi(WriteOptions.builder().flushInterval(100).build());
      writes.listenEvents(WriteSuccessEvent.class, event -> outcomes.add("kept"));
      writes.listenEvents(
          WriteErrorEvent.class, event -> outcomes.add(event.getThrowable().toString()));
      writes.listenEvents(
          WriteRetriableErrorEvent.class,
          event -> System.err.println("tries again: " + event.getThrowable()));
    }

    @Override
    public String examples(String device) {
      if (!client.ping() || client.getBucketsApi().findBucketByName(DATABASE) == null) {
        return "no bucket";
      }
      client
          .getWriteApiBlocking()
          .writeRecord(WritePrecision.NS, "temp,host=" + device + " value=1.5");
      return "kept";
    }

    @Override
    public String partial(String device) throws InterruptedException {
      writes.writePoints(List.of(point(2.5).addTag("host", device), point(3.5)));
      return outcome();
    }

    @Override
    public String write(String device, double value) throws InterruptedException {
      writes.writePoint(point(value).addTag("host", device));
      return outcome();
    }

    private String outcome() throws InterruptedException {
      String outcome = outcomes.poll(3, TimeUnit.MINUTES);
      return outcome == null ? "nothing was heard of it for three minutes" : outcome;
    }

    private static com.influxdb.client.write.Point point(double value) {
      return com.influxdb.client.write.Point.measurement("temp")
          .addField("value", value)
          .time(Instant.now(), WritePrecision.MS);
    }

    @Override
    public void close() {
      client.close();
    }
  }

  /** Writes in batches, which it sends again by itself, and says only what failed. */
  private static final class Influx1 implements Client {
    private final InfluxDB client;
    private final BlockingQueue<String> failures = new LinkedBlockingQueue<>();

    Influx1(String url, String token) {
      client = InfluxDBFactory.connect(url, "any", token);
      client.setDatabase(DATABASE);
      client.enableBatch(
          BatchOptions.DEFAULTS
              .flushDuration(100)
              .bufferLimit(10_000)
              .exceptionHandler((points, failure) -> failures.add(failure.toString())));
    }

    @Override
    public String examples(String device) {
      if (!client.ping().isGood()) {
        return "the ping failed";
      }
      String refused =
          client
              .query(
                  new Query(
                      "CREATE RETENTION POLICY one_day_only ON sensors DURATION 1d REPLICATION 1"
                          + " DEFAULT"))
              .getResults()
              .getFirst()
              .getError();
      if (client.query(new Query("CREATE DATABASE " + DATABASE)).hasError()
          || !refused.contains("Sluice answers CREATE DATABASE")) {
        return "CREATE DATABASE or CREATE RETENTION POLICY was answered: " + refused;
      }
      return write(device, 1.5);
    }

    @Override
    public String partial(String device) throws InterruptedException {
      failures.clear();
      client.write(point(2.5).tag("host", device).build());
      client.write(point(3.5).build());
      String failure = failures.poll(1, TimeUnit.MINUTES);
      return failure == null ? "no failure was reported within a minute" : failure;
    }

    @Override
    public String write(String device, double value) {
      client.write(point(value).tag("host", device).build());
      return "taken";
    }

    private static org.influxdb.dto.Point.Builder point(double value) {
      return org.influxdb.dto.Point.measurement("temp")
          .time(System.currentTimeMillis(), TimeUnit.MILLISECONDS)
          .addField("value", value);
    }

    @Override
    public void close() {
      client.close();
    }
  }

  /** Sends what it has when it is told to, and again for as long as its retry timeout. */
  private static final class Quest implements Client {
    private final Sender client;

    Quest(String address, String token) {
      client =
          Sender.fromConfig(
              "http::addr="
                  + address
                  + ";token="
                  + token
                  + ";auto_flush=off;retry_timeout=120000;");
    }

    @Override
    public String examples(String device) {
      client
          .table("temp")
          .symbol("host", device)
          .doubleColumn("value", 1.5)
          .longColumn("count", 7)
          .boolColumn("open", true)
          .stringColumn("note", "in the cellar")
          .atNow();
      client.flush();
      return "kept";
    }

    @Override
    public String partial(String device) {
      client.table("temp").symbol("host", device).doubleColumn("value", 2.5).at(Instant.now());
      client.table("temp").doubleColumn("value", 3.5).at(Instant.now());
      try {
        client.flush();
      } finally {
        client.reset();
      }
      return "kept";
    }

    @Override
    public String write(String device, double value) {
      client.table("temp").symbol("host", device).doubleColumn("value", value).at(Instant.now());
      client.flush();
      return "kept";
    }

    @Override
    public void close() {
      client.close();
    }
  }
}
