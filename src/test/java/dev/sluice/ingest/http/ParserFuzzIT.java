package dev.sluice.ingest.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.sluice.ingest.format.IgnoredKind;
import dev.sluice.ingest.format.Outcome;
import dev.sluice.ingest.format.Precision;
import dev.sluice.ingest.format.TsWindow;
import dev.sluice.ingest.format.json.JsonReference;
import dev.sluice.ingest.format.line.LineProtocolReference;
import dev.sluice.ingest.http.Parsing.Result;
import dev.sluice.reading.Reading;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Random bodies, most of them damaged, against slow references. {@code -Dsluice.fuzz.inputs} sets
 * how many in all, {@code -Dsluice.fuzz.seed} repeats a run.
 */
class ParserFuzzIT {
  private static final int INPUTS = Integer.getInteger("sluice.fuzz.inputs", 200_000);

  private final long seed = Long.getLong("sluice.fuzz.seed", System.nanoTime());
  private final SplittableRandom random = new SplittableRandom(seed);
  private final BodyGenerator generator = new BodyGenerator(random);
  private Parsing parsing = new Parsing();
  private long accepted;
  private long refused;
  private long malformed;

  @Test
  void readsJsonLikeTheReference() {
    for (int i = 0; i < INPUTS * 2L / 5; i++) {
      byte[] body = generator.mutateJson(generator.json());
      parsing.times = window();
      Optional<JsonReference.Result> expected = JsonReference.document(body, parsing.times);

      byte[] framed = frame(body);
      Result actual = guard(body, () -> parsing.json(framed, 7, 7 + body.length));

      if (expected.isEmpty()) {
        malformed++;
        if (!(actual.outcome() instanceof Outcome.Malformed) || !actual.readings().isEmpty()) {
          fail(describe(body, actual, "malformed"));
        }
      } else {
        check(body, actual, Expected.of(expected.get()));
      }
    }
    report("JSON");
    assertThat(malformed).isPositive();
  }

  @Test
  void readsNdjsonLikeTheReference() {
    for (int i = 0; i < INPUTS / 5; i++) {
      byte[] body = generator.mutateJson(generator.ndjson());
      parsing.times = window();
      JsonReference.Result expected = JsonReference.lines(body, parsing.times);

      byte[] framed = frame(body);
      Result actual = guard(body, () -> parsing.ndjson(framed, 7, 7 + body.length));

      check(body, actual, Expected.of(expected));
    }
    report("NDJSON");
  }

  @Test
  void readsLineProtocolLikeTheReference() {
    Precision[] precisions = Precision.values();
    Parsing ignoring = new Parsing(false);
    Parsing refusing = new Parsing(true);
    for (int i = 0; i < INPUTS * 2L / 5; i++) {
      byte[] body = generator.mutateLines(generator.lines());
      Precision precision = precisions[random.nextInt(precisions.length)];
      boolean refusesTexts = random.nextBoolean();
      parsing = refusesTexts ? refusing : ignoring;
      parsing.times = window();
      var expected = LineProtocolReference.parse(body, precision, parsing.times, refusesTexts);

      byte[] framed = frame(body);
      Result actual = guard(body, () -> parsing.lines(framed, 7, 7 + body.length, precision));

      check(body, actual, Expected.of(expected));
    }
    report("line protocol");
  }

  private record Expected(
      List<Reading> readings,
      List<Integer> refused,
      Map<IgnoredKind, Integer> ignored,
      int restamped) {
    static Expected of(JsonReference.Result result) {
      return new Expected(
          result.readings(), result.refused(), result.ignored(), result.restamped());
    }

    static Expected of(LineProtocolReference.Result result) {
      return new Expected(
          result.readings(),
          result.refused(),
          Map.of(IgnoredKind.TEXT, result.ignoredTexts()),
          result.restamped());
    }
  }

  private TsWindow window() {
    return switch (random.nextInt(3)) {
      case 0 -> Parsing.ANY_TIME;
      case 1 -> Parsing.USUAL;
      default -> Parsing.RESTAMPING;
    };
  }

  private interface Run {
    Result parse();
  }

  private void check(byte[] body, Result actual, Expected expected) {
    accepted += expected.readings().size();
    refused += expected.refused().size();
    boolean same =
        actual.outcome() instanceof Outcome.Parsed
            && actual.readings().equals(expected.readings())
            && actual.refused().equals(expected.refused())
            && parsing.buffer.count() == expected.readings().size()
            && parsing.remarks.restamped() == expected.restamped()
            && Arrays.stream(IgnoredKind.values())
                .allMatch(kind ->
                    parsing.remarks.ignored(kind) == expected.ignored().getOrDefault(kind, 0))
            && actual.reasons().stream().noneMatch(String::isEmpty);
    if (!same) {
      fail(describe(body, actual, expected));
    }
  }

  /** Bytes around the body that a parser must neither read as its own nor stumble over. */
  private byte[] frame(byte[] body) {
    byte[] framed = new byte[7 + body.length + 7];
    Arrays.fill(framed, (byte) "\"}\n\\, 1é".charAt(random.nextInt(8)));
    System.arraycopy(body, 0, framed, 7, body.length);
    return framed;
  }

  private Result guard(byte[] body, Run run) {
    try {
      return run.parse();
    } catch (RuntimeException thrown) {
      throw new AssertionError("seed " + seed + " threw on " + BodyGenerator.show(body), thrown);
    }
  }

  private String describe(byte[] body, Object actual, Object expected) {
    return "seed %d%nbody     %s%nexpected %s%nactual   %s"
        .formatted(seed, BodyGenerator.show(body), expected, actual);
  }

  private void report(String format) {
    System.out.printf(
        "%s: seed %d, %d readings, %d refusals, %d malformed bodies%n",
        format, seed, accepted, refused, malformed);
    assertThat(accepted).isPositive();
    assertThat(refused).isPositive();
  }
}
