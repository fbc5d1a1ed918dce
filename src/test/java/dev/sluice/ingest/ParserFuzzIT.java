package dev.sluice.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.sluice.ingest.Parsing.Result;
import dev.sluice.reading.Reading;
import java.util.Arrays;
import java.util.List;
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
  private final Parsing parsing = new Parsing();
  private long accepted;
  private long refused;
  private long malformed;

  @Test
  void readsJsonLikeTheReference() {
    for (int i = 0; i < INPUTS * 2L / 5; i++) {
      byte[] body = generator.mutateJson(generator.json());
      Optional<JsonReference.Result> expected = JsonReference.document(body);

      byte[] framed = frame(body);
      Result actual = guard(body, () -> parsing.json(framed, 7, 7 + body.length));

      if (expected.isEmpty()) {
        malformed++;
        if (!(actual.outcome() instanceof Outcome.Malformed) || !actual.readings().isEmpty()) {
          fail(describe(body, actual, "malformed"));
        }
      } else {
        check(body, actual, new Expected(expected.get().readings(), expected.get().refused()));
      }
    }
    report("JSON");
    assertThat(malformed).isPositive();
  }

  @Test
  void readsNdjsonLikeTheReference() {
    for (int i = 0; i < INPUTS / 5; i++) {
      byte[] body = generator.mutateJson(generator.ndjson());
      JsonReference.Result expected = JsonReference.lines(body);

      byte[] framed = frame(body);
      Result actual = guard(body, () -> parsing.ndjson(framed, 7, 7 + body.length));

      check(body, actual, new Expected(expected.readings(), expected.refused()));
    }
    report("NDJSON");
  }

  @Test
  void readsLineProtocolLikeTheReference() {
    Precision[] precisions = Precision.values();
    for (int i = 0; i < INPUTS * 2L / 5; i++) {
      byte[] body = generator.mutateLines(generator.lines());
      Precision precision = precisions[random.nextInt(precisions.length)];
      LineProtocolReference.Result expected = LineProtocolReference.parse(body, precision);

      byte[] framed = frame(body);
      Result actual = guard(body, () -> parsing.lines(framed, 7, 7 + body.length, precision));

      check(body, actual, new Expected(expected.readings(), expected.refused()));
    }
    report("line protocol");
  }

  private record Expected(List<Reading> readings, List<Integer> refused) {}

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
