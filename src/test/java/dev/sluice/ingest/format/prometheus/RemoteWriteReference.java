package dev.sluice.ingest.format.prometheus;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import dev.sluice.ingest.format.TsWindow;
import dev.sluice.reading.Reading;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What should come of a request, slowly: protobuf-java reads it, and strings do the rest. */
final class RemoteWriteReference {
  private static final long STALE = 0x7ff0000000000002L;
  private static final int MAX_TAGS = 64;

  record Result(
      List<Reading> readings, List<Integer> refused, int stale, int exemplars, int restamped) {}

  private record Sent(List<byte[]> labels, boolean badReferences) {}

  /** The body is not protobuf, or not of this message. */
  private static final class Malformed extends Exception {
    private static final long serialVersionUID = 1;
  }

  private static final Descriptor V1;
  private static final Descriptor V2;

  static {
    DescriptorProto label =
        message(
            "Label",
            field("name", 1, FieldDescriptorProto.Type.TYPE_BYTES),
            field("value", 2, FieldDescriptorProto.Type.TYPE_BYTES));
    DescriptorProto sample =
        message(
            "Sample",
            field("value", 1, FieldDescriptorProto.Type.TYPE_DOUBLE),
            field("ms", 2, FieldDescriptorProto.Type.TYPE_INT64));
    DescriptorProto series1 =
        message(
            "Series1",
            many("labels", 1, "Label"),
            many("samples", 2, "Sample"),
            many("exemplars", 3, FieldDescriptorProto.Type.TYPE_BYTES),
            many("histograms", 4, FieldDescriptorProto.Type.TYPE_BYTES));
    DescriptorProto series2 =
        message(
            "Series2",
            many("refs", 1, FieldDescriptorProto.Type.TYPE_UINT32),
            many("samples", 2, "Sample"),
            many("histograms", 3, FieldDescriptorProto.Type.TYPE_BYTES),
            many("exemplars", 4, FieldDescriptorProto.Type.TYPE_BYTES));
    FileDescriptorProto file =
        FileDescriptorProto.newBuilder()
            .setName("write.proto")
            .setSyntax("proto3")
            .addMessageType(label)
            .addMessageType(sample)
            .addMessageType(series1)
            .addMessageType(series2)
            .addMessageType(message("Request1", many("series", 1, "Series1")))
            .addMessageType(
                message(
                    "Request2",
                    many("symbols", 4, FieldDescriptorProto.Type.TYPE_BYTES),
                    many("series", 5, "Series2")))
            .build();
    try {
      FileDescriptor built = FileDescriptor.buildFrom(file, new FileDescriptor[0]);
      V1 = built.findMessageTypeByName("Request1");
      V2 = built.findMessageTypeByName("Request2");
    } catch (DescriptorValidationException e) {
      throw new AssertionError(e);
    }
  }

  private final List<String> deviceLabels;
  private final TsWindow times;
  private final List<Reading> readings = new ArrayList<>();
  private final List<Integer> refused = new ArrayList<>();
  private int stale;
  private int exemplars;
  private int restamped;

  private RemoteWriteReference(List<String> deviceTags, TsWindow times) {
    this.deviceLabels = Stream.concat(deviceTags.stream(), Stream.of("instance")).toList();
    this.times = times;
  }

  /** Empty if the body is malformed. */
  static Optional<Result> parse(int version, byte[] body, List<String> deviceTags, TsWindow times) {
    try {
      DynamicMessage request = DynamicMessage.parseFrom(version == 1 ? V1 : V2, body);
      requireKnownTypes(request);
      if (request.getUnknownFields().hasField(version == 1 ? 5 : 1)) {
        return Optional.empty();
      }
      var reference = new RemoteWriteReference(deviceTags, times);
      List<DynamicMessage> all = list(request, "series");
      for (int i = 0; i < all.size(); i++) {
        reference.take(i, all.get(i), version == 1 ? sent(all.get(i)) : sent(all.get(i), request));
      }
      return Optional.of(
          new Result(
              reference.readings,
              reference.refused,
              reference.stale,
              reference.exemplars,
              reference.restamped));
    } catch (InvalidProtocolBufferException | Malformed e) {
      return Optional.empty();
    }
  }

  /** Neither groups anywhere, nor known fields of another wire type. */
  private static void requireKnownTypes(DynamicMessage message) throws Malformed {
    for (Map.Entry<Integer, UnknownFieldSet.Field> unknown :
        message.getUnknownFields().asMap().entrySet()) {
      if (!unknown.getValue().getGroupList().isEmpty()
          || message.getDescriptorForType().findFieldByNumber(unknown.getKey()) != null) {
        throw new Malformed();
      }
    }
    for (Object value : message.getAllFields().values()) {
      if (value instanceof List<?> values) {
        for (Object each : values) {
          if (each instanceof DynamicMessage inner) {
            requireKnownTypes(inner);
          }
        }
      }
    }
  }

  private static Sent sent(DynamicMessage series) {
    List<byte[]> labels = new ArrayList<>();
    for (DynamicMessage label : RemoteWriteReference.<DynamicMessage>list(series, "labels")) {
      labels.add(bytes(label, "name"));
      labels.add(bytes(label, "value"));
    }
    return new Sent(labels, false);
  }

  private static Sent sent(DynamicMessage series, DynamicMessage request) {
    List<ByteString> symbols = list(request, "symbols");
    List<byte[]> labels = new ArrayList<>();
    boolean bad = false;
    for (int ref : RemoteWriteReference.<Integer>list(series, "refs")) {
      if (ref < 0 || ref >= symbols.size()) {
        bad = true;
      } else {
        labels.add(symbols.get(ref).toByteArray());
      }
    }
    return new Sent(labels, bad || labels.size() % 2 != 0);
  }

  private void take(int index, DynamicMessage series, Sent sent) {
    List<DynamicMessage> samples = list(series, "samples");
    int histograms = list(series, "histograms").size();
    Optional<Reading> identity = sent.badReferences ? Optional.empty() : identity(sent.labels);
    if (identity.isEmpty()) {
      if (!samples.isEmpty() || histograms > 0) {
        refused.add(index);
      }
      return;
    }
    for (DynamicMessage sample : samples) {
      take(index, identity.get(), number(sample, "value"), (long) get(sample, "ms"));
    }
    for (int i = 0; i < histograms; i++) {
      refused.add(index);
    }
    exemplars += list(series, "exemplars").size();
  }

  private void take(int index, Reading identity, double value, long ms) {
    if (Double.doubleToRawLongBits(value) == STALE) {
      stale++;
      return;
    }
    long micros = ms < 0 || ms > Reading.MAX_TS_MICROS / 1_000 ? -1 : ms * 1_000;
    boolean fits = micros >= times.oldestMicros() && micros <= times.newestMicros();
    if (!Double.isFinite(value) || (!fits && !times.restamps())) {
      refused.add(index);
      return;
    }
    restamped += fits ? 0 : 1;
    readings.add(
        new Reading(
            identity.device(), identity.metric(), fits ? micros : times.nowMicros(), value));
  }

  /** A reading with device and metric of the series; empty if there can be none. */
  private Optional<Reading> identity(List<byte[]> sent) {
    // UTF-8 sorts as code points do, and so does this.
    var labels = new TreeMap<String, String>(RemoteWriteReference::compareBytes);
    for (int i = 0; i < sent.size(); i += 2) {
      if (sent.get(i + 1).length == 0) {
        continue;
      }
      Optional<String> key = text(sent.get(i));
      Optional<String> value = text(sent.get(i + 1));
      if (key.isEmpty()
          || value.isEmpty()
          || key.get().isEmpty()
          || labels.put(key.get(), value.get()) != null) {
        return Optional.empty();
      }
    }
    String name = labels.remove("__name__");
    Optional<String> device = deviceLabels.stream().filter(labels::containsKey).findFirst();
    if (labels.size() > MAX_TAGS || name == null || device.isEmpty()) {
      return Optional.empty();
    }
    String deviceName = labels.getOrDefault(device.get(), "");
    labels.remove(device.get());
    String rest =
        labels.entrySet().stream()
            .map(label ->
                label.getKey()
                    + "=\""
                    + label.getValue().replace("\\", "\\\\").replace("\"", "\\\"")
                    + "\"")
            .collect(Collectors.joining(","));
    String metric = rest.isEmpty() ? name : name + "{" + rest + "}";
    return deviceName.getBytes(UTF_8).length > 128 || metric.getBytes(UTF_8).length > 255
        ? Optional.empty()
        : Optional.of(new Reading(deviceName, metric, 0, 0));
  }

  private static int compareBytes(String a, String b) {
    return Arrays.compareUnsigned(a.getBytes(UTF_8), b.getBytes(UTF_8));
  }

  /** Empty if it is not UTF-8, or holds a control character. */
  private static Optional<String> text(byte[] bytes) {
    try {
      String text = UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return text.codePoints().anyMatch(c -> c < 0x20 || (c >= 0x7f && c < 0xa0))
          ? Optional.empty()
          : Optional.of(text);
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }

  private static Object get(DynamicMessage message, String field) {
    return message.getField(message.getDescriptorForType().findFieldByName(field));
  }

  private static double number(DynamicMessage message, String field) {
    return (double) get(message, field);
  }

  private static byte[] bytes(DynamicMessage message, String field) {
    return ((ByteString) get(message, field)).toByteArray();
  }

  @SuppressWarnings("unchecked") // the caller names the type that the descriptor above gives it
  private static <T> List<T> list(DynamicMessage message, String field) {
    return (List<T>) get(message, field);
  }

  private static DescriptorProto message(String name, FieldDescriptorProto... fields) {
    return DescriptorProto.newBuilder().setName(name).addAllField(List.of(fields)).build();
  }

  private static FieldDescriptorProto field(
      String name, int number, FieldDescriptorProto.Type type) {
    return FieldDescriptorProto.newBuilder()
        .setName(name)
        .setNumber(number)
        .setType(type)
        .setLabel(FieldDescriptorProto.Label.LABEL_OPTIONAL)
        .build();
  }

  private static FieldDescriptorProto many(
      String name, int number, FieldDescriptorProto.Type type) {
    return field(name, number, type).toBuilder()
        .setLabel(FieldDescriptorProto.Label.LABEL_REPEATED)
        .build();
  }

  private static FieldDescriptorProto many(String name, int number, String type) {
    return many(name, number, FieldDescriptorProto.Type.TYPE_MESSAGE).toBuilder()
        .setTypeName(type)
        .build();
  }
}
