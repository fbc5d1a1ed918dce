package dev.sluice.ingest.format.prometheus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.google.protobuf.CodedOutputStream;
import dev.sluice.ingest.format.IgnoredKind;
import dev.sluice.ingest.format.Outcome;
import dev.sluice.ingest.format.TsWindow;
import dev.sluice.ingest.http.Parsing;
import dev.sluice.ingest.http.Parsing.Result;
import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random requests, most of them damaged, against protobuf-java. {@code -Dsluice.fuzz.inputs} sets
 * how many in all, {@code -Dsluice.fuzz.seed} repeats a run.
 */
class RemoteWriteFuzzIT {
  private static final int INPUTS = Integer.getInteger("sluice.fuzz.inputs", 200_000);
  private static final List<String> TEXTS =
      List.of(
          "__name__",
          "__name__",
          "__name__",
          "instance",
          "instance",
          "instance",
          "host",
          "device",
          "job",
          "a",
          "b",
          "up",
          "temp",
          "web-1:9100",
          "ü",
          "\uD83D\uDE00",
          "x\"y\\z",
          "",
          "x\n",
          "\u0085",
          "n".repeat(128),
          "n".repeat(129),
          "m".repeat(240),
          "le",
          "+Inf");
  private static final long[] TIMES = {
    0,
    -1,
    1_795_300_000L,
    1_795_300_000_000L,
    1_795_300_000_001L,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    946_684_799_999L,
    253_402_300_799_999L,
    253_402_300_800_000L,
  };
  private static final double[] VALUES = {
    0,
    -0.0,
    1,
    21.5,
    Double.NaN,
    WriteRequests.STALE,
    Double.POSITIVE_INFINITY,
    1e300,
    Double.MIN_VALUE,
  };

  private final long seed = Long.getLong("sluice.fuzz.seed", System.nanoTime());
  private final SplittableRandom random = new SplittableRandom(seed);
  private final Parsing parsing = new Parsing();
  private long accepted;
  private long refused;
  private long malformed;

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void readsRequestsLikeTheReference(int version) {
    for (int i = 0; i < INPUTS / 2; i++) {
      byte[] body = mutated(request(version));
      parsing.times = window();
      Optional<RemoteWriteReference.Result> expected =
          RemoteWriteReference.parse(version, body, Parsing.DEVICE_TAGS, parsing.times);

      byte[] framed = Arrays.copyOf(body, body.length + 7);
      Arrays.fill(framed, body.length, framed.length, (byte) random.nextInt(256));
      Result actual = guard(version, framed, body.length);

      boolean same =
          (expected.isPresent() && !hasTooLongNumber(body, actual))
              ? matches(actual, expected.get())
              : isMalformed(actual);
      if (!same) {
        fail(
            "seed %d, version %d%nbody     %s%nexpected %s%nactual   %s"
                .formatted(seed, version, HexFormat.of().formatHex(body), expected, actual));
      }
    }
    System.out.printf(
        "remote write %d: seed %d, %d readings, %d refusals, %d malformed bodies%n",
        version, seed, accepted, refused, malformed);
    assertThat(accepted).isPositive();
    assertThat(refused).isPositive();
    assertThat(malformed).isPositive();
  }

  private boolean matches(Result actual, RemoteWriteReference.Result expected) {
    accepted += expected.readings().size();
    refused += expected.refused().size();
    return actual.outcome() instanceof Outcome.Parsed
        && actual.readings().equals(expected.readings())
        && parsing.rejections.count() == expected.refused().size()
        && actual.refused().equals(expected.refused().stream().limit(100).toList())
        && actual.reasons().stream().noneMatch(String::isEmpty)
        && parsing.remarks.ignored(IgnoredKind.STALE) == expected.stale()
        && parsing.remarks.ignored(IgnoredKind.EXEMPLAR) == expected.exemplars()
        && parsing.remarks.restamped() == expected.restamped();
  }

  private static boolean isMalformed(Result actual) {
    return actual.outcome() instanceof Outcome.Undecodable
        && actual.readings().isEmpty()
        && actual.refused().isEmpty();
  }

  /**
   * Whether the number that was found too long really is. The reference takes a tenth byte with its
   * continuation bit for the last one, which the format does not allow.
   */
  private static boolean hasTooLongNumber(byte[] body, Result actual) {
    if (!(actual.outcome() instanceof Outcome.Undecodable bad)
        || !bad.reason().contains("more than 10 bytes")) {
      return false;
    }
    for (int i = bad.at(); i < bad.at() + 10; i++) {
      if (body[i] >= 0) {
        return false;
      }
    }
    return true;
  }

  private Result guard(int version, byte[] framed, int length) {
    try {
      Result result = parsing.remoteWrite(version, framed, length);
      malformed += result.outcome() instanceof Outcome.Undecodable ? 1 : 0;
      return result;
    } catch (RuntimeException thrown) {
      throw new AssertionError(
          "seed %d threw on %s".formatted(seed, HexFormat.of().formatHex(framed, 0, length)),
          thrown);
    }
  }

  private TsWindow window() {
    return switch (random.nextInt(3)) {
      case 0 -> Parsing.ANY_TIME;
      case 1 -> Parsing.USUAL;
      default -> Parsing.RESTAMPING;
    };
  }

  /** Fields in no particular order, some of them unknown. */
  private byte[] request(int version) {
    return WriteRequests.message(out -> {
      int fields = random.nextInt(5);
      if (version == 2) {
        for (String text : TEXTS) {
          out.writeString(4, text);
        }
      }
      for (int i = 0; i < fields; i++) {
        switch (random.nextInt(8)) {
          case 0 -> unknown(out);
          case 1 -> out.writeByteArray(version == 1 ? 3 : 4, anyText());
          default -> out.writeByteArray(version == 1 ? 1 : 5, series(version));
        }
      }
    });
  }

  private byte[] series(int version) {
    return WriteRequests.message(out -> {
      if (random.nextInt(8) > 0) {
        usual(version, out);
      }
      int fields = random.nextInt(6);
      for (int i = 0; i < fields; i++) {
        switch (random.nextInt(16)) {
          case 0 -> unknown(out);
          case 1 -> out.writeByteArray(3, anyText());
          case 2 -> out.writeByteArray(4, anyText());
          case 3, 4, 5 -> labels(version, out);
          default -> out.writeByteArray(2, sample());
        }
      }
    });
  }

  /** Labels without which nothing is stored. */
  private void usual(int version, CodedOutputStream out) throws IOException {
    if (version == 1) {
      out.writeByteArray(1, label("__name__", "up"));
      out.writeByteArray(1, label("instance", "web-1:9100"));
    } else {
      int[] refs = {
        TEXTS.indexOf("__name__"),
        TEXTS.indexOf("up"),
        TEXTS.indexOf("instance"),
        TEXTS.indexOf("web-1:9100")
      };
      out.writeByteArray(1, packed(refs));
    }
  }

  private void labels(int version, CodedOutputStream out) throws IOException {
    if (version == 1) {
      out.writeByteArray(1, label(anyOfTexts(), anyOfTexts()));
      return;
    }
    int[] refs = new int[random.nextInt(10) == 0 ? random.nextInt(7) : 2];
    Arrays.setAll(refs, i -> random.nextInt(TEXTS.size() + (random.nextInt(20) == 0 ? 2 : 0)));
    if (random.nextBoolean()) {
      out.writeByteArray(1, packed(refs));
    } else {
      for (int ref : refs) {
        out.writeUInt32(1, ref);
      }
    }
  }

  private static byte[] packed(int[] refs) {
    return WriteRequests.message(out -> {
      for (int ref : refs) {
        out.writeUInt32NoTag(ref);
      }
    });
  }

  private byte[] label(String name, String value) {
    return WriteRequests.message(out -> {
      if (random.nextInt(20) == 0) {
        unknown(out);
      }
      out.writeString(1, name);
      out.writeString(2, value);
    });
  }

  private byte[] sample() {
    return WriteRequests.message(out -> {
      if (random.nextInt(10) > 0) {
        out.writeDouble(1, VALUES[random.nextInt(VALUES.length)]);
      }
      if (random.nextInt(10) > 0) {
        out.writeInt64(2, TIMES[random.nextInt(TIMES.length)]);
      }
      if (random.nextInt(20) == 0) {
        unknown(out);
      }
    });
  }

  private void unknown(CodedOutputStream out) throws IOException {
    int number = 7 + random.nextInt(1 << random.nextInt(4, 25));
    switch (random.nextInt(5)) {
      case 0 -> out.writeUInt64(number, random.nextLong());
      case 1 -> out.writeFixed64(number, random.nextLong());
      case 2 -> out.writeFixed32(number, random.nextInt());
      case 3 -> out.writeRawBytes(WriteRequests.group(number));
      default -> out.writeByteArray(number, anyText());
    }
  }

  private byte[] anyText() {
    byte[] bytes = new byte[random.nextInt(12)];
    random.nextBytes(bytes);
    return bytes;
  }

  private String anyOfTexts() {
    return TEXTS.get(random.nextInt(TEXTS.size()));
  }

  /** Bytes changed, left out, put in or moved, in two bodies of three. */
  private byte[] mutated(byte[] body) {
    if (random.nextInt(3) == 0 || body.length == 0) {
      return body;
    }
    byte[] bytes = body.clone();
    int times = 1 + random.nextInt(3);
    for (int i = 0; i < times && bytes.length > 0; i++) {
      int at = random.nextInt(bytes.length);
      switch (random.nextInt(6)) {
        case 0 -> bytes[at] = (byte) random.nextInt(256);
        case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 2 -> bytes = Arrays.copyOf(bytes, at);
        case 3 ->
            bytes =
                WriteRequests.concat(
                    Arrays.copyOf(bytes, at), Arrays.copyOfRange(bytes, at + 1, bytes.length));
        case 4 ->
            bytes =
                WriteRequests.concat(
                    Arrays.copyOf(bytes, at),
                    anyText(),
                    Arrays.copyOfRange(bytes, at, bytes.length));
        default -> bytes = WriteRequests.concat(bytes, Arrays.copyOfRange(bytes, at, bytes.length));
      }
    }
    return bytes;
  }
}
