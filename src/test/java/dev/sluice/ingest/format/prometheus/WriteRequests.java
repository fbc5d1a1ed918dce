package dev.sluice.ingest.format.prometheus;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Writes remote write requests for tests, with protobuf-java. */
public final class WriteRequests {
  /** The NaN by which Prometheus ends a series. */
  public static final double STALE = Double.longBitsToDouble(0x7ff0000000000002L);

  /** One value of a series. */
  public record Sample(double value, long ms) {}

  /**
   * One series.
   *
   * @param labels names and values in turn
   */
  public record Series(List<String> labels, List<Sample> samples, int histograms, int exemplars) {
    public Series(List<String> labels, Sample... samples) {
      this(labels, List.of(samples), 0, 0);
    }
  }

  interface Fields {
    void write(CodedOutputStream out) throws IOException;
  }

  private WriteRequests() {}

  /** The message of this version. */
  public static byte[] of(int version, Series... series) {
    return version == 1 ? v1(series) : v2(series);
  }

  /** {@code prometheus.WriteRequest}, with metadata behind. */
  public static byte[] v1(Series... all) {
    return message(out -> {
      for (Series series : all) {
        out.writeByteArray(1, v1(series));
      }
      out.writeByteArray(3, message(metadata -> metadata.writeString(2, "up")));
    });
  }

  /** {@code io.prometheus.write.v2.Request}; each text is in the symbols once. */
  public static byte[] v2(Series... all) {
    List<String> symbols = new ArrayList<>(List.of(""));
    List<byte[]> messages = new ArrayList<>();
    for (Series series : all) {
      messages.add(v2(series, symbols));
    }
    return message(out -> {
      for (String symbol : symbols) {
        out.writeString(4, symbol);
      }
      for (byte[] message : messages) {
        out.writeByteArray(5, message);
      }
    });
  }

  private static byte[] v1(Series series) {
    return message(out -> {
      for (int i = 0; i < series.labels.size(); i += 2) {
        String name = series.labels.get(i);
        String value = series.labels.get(i + 1);
        out.writeByteArray(
            1,
            message(label -> {
              label.writeString(1, name);
              label.writeString(2, value);
            }));
      }
      samples(out, series);
      repeat(out, 4, series.histograms);
      repeat(out, 3, series.exemplars);
    });
  }

  private static byte[] v2(Series series, List<String> symbols) {
    for (String text : series.labels) {
      if (!symbols.contains(text)) {
        symbols.add(text);
      }
    }
    byte[] refs =
        message(out -> {
          for (String text : series.labels) {
            out.writeUInt32NoTag(symbols.indexOf(text));
          }
        });
    return message(out -> {
      out.writeByteArray(1, refs);
      samples(out, series);
      repeat(out, 3, series.histograms);
      repeat(out, 4, series.exemplars);
      // Created timestamp, which some versions have here.
      out.writeInt64(6, 1_795_000_000_000L);
    });
  }

  private static void samples(CodedOutputStream out, Series series) throws IOException {
    for (Sample sample : series.samples) {
      out.writeByteArray(
          2,
          message(in -> {
            in.writeDouble(1, sample.value);
            in.writeInt64(2, sample.ms);
            // Start timestamp, since version 2 of the protocol's later drafts.
            in.writeInt64(3, sample.ms - 1);
          }));
    }
  }

  private static void repeat(CodedOutputStream out, int field, int times) throws IOException {
    for (int i = 0; i < times; i++) {
      out.writeByteArray(field, message(in -> in.writeUInt64(1, 5)));
    }
  }

  /** The bytes of one message. */
  static byte[] message(Fields fields) {
    var bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    try {
      fields.write(out);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /** One field that holds these bytes. */
  static byte[] field(int number, byte[] content) {
    return message(out -> out.writeByteArray(number, content));
  }

  /** A tag alone. */
  static byte[] tag(int number, int wireType) {
    return message(out -> out.writeUInt32NoTag(number << 3 | wireType));
  }

  /** A group, which proto3 does not have. */
  static byte[] group(int number) {
    return concat(
        tag(number, WireFormat.WIRETYPE_START_GROUP), tag(number, WireFormat.WIRETYPE_END_GROUP));
  }

  /** These one after another. */
  public static byte[] concat(byte[]... parts) {
    var all = new ByteArrayOutputStream();
    Arrays.stream(parts).forEach(all::writeBytes);
    return all.toByteArray();
  }
}
