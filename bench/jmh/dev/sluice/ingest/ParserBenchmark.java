package dev.sluice.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * Time and allocation per reading of every parser. Run it with {@code bench/jmh.sh Parser}; {@code
 * gc.alloc.rate.norm} is the bytes allocated for one reading.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ParserBenchmark {
  private static final int READINGS = 1_000;
  private static final long MILLIS = 1_795_300_000_000L;

  private final ParserHarness parsers = new ParserHarness();

  private final byte[] single =
      "{\"device_id\":\"sensor-000017\",\"ts\":1795300000000,\"temp\":21.5}".getBytes(UTF_8);
  private final byte[] array = bytes("[", ",", "]", ParserBenchmark::object);
  private final byte[] ndjson = bytes("", "\n", "\n", ParserBenchmark::object);

  /** 58 bytes a line, another device on each. */
  private final byte[] lines =
      bytes(
          "",
          "\n",
          "\n",
          i ->
              "temp,device_id=sensor-%06d value=%d.%d %d000000"
                  .formatted(i, 20 + i % 9, i % 10, MILLIS + i));

  /** As an agent sends them: tags beside the device, 17-digit doubles, five fields a line. */
  private final byte[] agentLines =
      bytes(
          "",
          "\n",
          "\n",
          i ->
              i % 5 != 0
                  ? ""
                  : "cpu,cpu=cpu%d,host=web-1 usage_idle=98.49246231155779,usage_system=0.5025125628140703,usage_user=1.0050251256281406,usage_iowait=0,n=7i %d000000"
                      .formatted(i / 5 % 16, MILLIS + i));

  /** One device, one series, one timestamp after the other. */
  private final byte[] oneSeries =
      bytes(
          "",
          "\n",
          "\n",
          i ->
              "temp,device_id=sensor-000017 value=%d.%d %d000000"
                  .formatted(20 + i % 9, i % 10, MILLIS + i));

  @Benchmark
  public int jsonSingle() {
    return parsers.json(single);
  }

  @Benchmark
  @OperationsPerInvocation(READINGS)
  public int jsonArray() {
    return expect(parsers.json(array));
  }

  @Benchmark
  @OperationsPerInvocation(READINGS)
  public int ndjson() {
    return expect(parsers.ndjson(ndjson));
  }

  @Benchmark
  @OperationsPerInvocation(READINGS)
  public int lineProtocol() {
    return expect(parsers.lines(lines));
  }

  @Benchmark
  @OperationsPerInvocation(READINGS)
  public int lineProtocolOneSeries() {
    return expect(parsers.lines(oneSeries));
  }

  @Benchmark
  @OperationsPerInvocation(READINGS)
  public int lineProtocolFromAnAgent() {
    return expect(parsers.lines(agentLines));
  }

  private static String object(int i) {
    return "{\"device_id\":\"sensor-%06d\",\"ts\":%d,\"temp\":%d.%d}"
        .formatted(i, MILLIS + i, 20 + i % 9, i % 10);
  }

  private static byte[] bytes(
      String before, String between, String behind, IntFunction<String> reading) {
    StringBuilder body = new StringBuilder(before);
    for (int i = 0; i < READINGS; i++) {
      body.append(i == 0 ? "" : between).append(reading.apply(i));
    }
    return body.append(behind).toString().getBytes(UTF_8);
  }

  private static int expect(int readings) {
    if (readings != READINGS) {
      throw new AssertionError(readings + " readings, expected " + READINGS);
    }
    return readings;
  }
}
