package dev.sluice.ingest.mqtt;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.ingest.format.Codec;
import dev.sluice.ingest.format.Decimal;
import dev.sluice.ingest.format.DevicePrefix;
import dev.sluice.ingest.format.NameCheck;
import dev.sluice.ingest.format.Outcome;
import dev.sluice.ingest.format.Precision;
import dev.sluice.ingest.format.Rejections;
import dev.sluice.ingest.format.Remarks;
import dev.sluice.ingest.format.TsWindow;
import dev.sluice.ingest.format.json.JsonParser;
import dev.sluice.ingest.format.line.LineProtocolParser;
import dev.sluice.reading.MemoryClaim;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A batch of messages as one body: topic and payload of each, one after the other. A payload is
 * JSON if it begins like an object or an array, a bare number if it is one, and else line protocol.
 * What is wrong with a message refuses that message, or the readings in it that cannot be stored;
 * {@link #answers} says so for each. Confined to one request at a time and reusable.
 */
final class MessageCodec implements Codec {
  private static final int FIRST_BYTES = 1024;
  private static final int USUAL_BYTES = 16 * 1024;
  private static final int EXCERPT_BYTES = 80;

  private final List<TopicPattern> topics;
  private final DevicePrefix devices;
  private final Remarks remarks;
  private final MemoryClaim memory;
  private final int maxReadingBytes;

  /** Of one message. */
  private final Remarks remarksOfOne = new Remarks();

  private final Rejections refusedOfOne = new Rejections();
  private final Decimal number = new Decimal();
  private final JsonParser json;
  private final LineProtocolParser lines;
  private ReadingBuffer readingsOfOne;

  private List<Message> messages = List.of();
  private final List<Answer> answers = new ArrayList<>();

  /** How many readings each message has. */
  private int[] readings = new int[0];

  /**
   * @param devices which devices the batch may have readings of
   * @param remarks counts what answers do not mention
   * @param memory called with the number of additional bytes before memory grows; may throw
   */
  MessageCodec(
      List<TopicPattern> topics,
      List<String> deviceTags,
      boolean refusesTexts,
      int maxReadingBytes,
      DevicePrefix devices,
      Remarks remarks,
      MemoryClaim memory) {
    this.topics = topics;
    this.devices = devices;
    this.remarks = remarks;
    this.memory = memory;
    this.maxReadingBytes = maxReadingBytes;
    this.json = new JsonParser(devices, remarksOfOne, memory);
    this.lines = new LineProtocolParser(deviceTags, devices, refusesTexts, remarksOfOne, memory);
    this.readingsOfOne = buffer();
  }

  private ReadingBuffer buffer() {
    return new ReadingBuffer(Math.min(FIRST_BYTES, maxReadingBytes), maxReadingBytes, memory);
  }

  /** Sets what the next body consists of. */
  void begin(List<Message> batch) {
    messages = batch;
    readings = new int[batch.size()];
    answers.clear();
  }

  /** What became of each message, if the batch was accepted. */
  List<Answer> answers() {
    return List.copyOf(answers);
  }

  /** How many readings the message with this index has, once the batch is parsed. */
  int readings(int index) {
    return readings[index];
  }

  @Override
  public String positionName() {
    return "message";
  }

  @Override
  public Outcome parse(
      byte[] body, int length, TsWindow times, ReadingBuffer into, Rejections rejections) {
    into.clear();
    rejections.clear();
    remarks.clear();
    answers.clear();
    try {
      int at = 0;
      for (int i = 0; i < messages.size(); i++) {
        int payload = at + messages.get(i).topic().length;
        int end = payload + messages.get(i).payload().length;
        TsWindow own =
            new TsWindow(
                messages.get(i).receivedMicros(),
                times.oldestMicros(),
                times.newestMicros(),
                times.restamps());
        if (!take(i, body, at, payload, end, own, into, rejections)) {
          return Outcome.TooLarge.INSTANCE;
        }
        at = end;
      }
      return Outcome.Parsed.INSTANCE;
    } finally {
      if (readingsOfOne.capacity() > USUAL_BYTES) {
        readingsOfOne = buffer();
      }
    }
  }

  /** Returns false if the readings do not fit. */
  private boolean take(
      int index,
      byte[] body,
      int topic,
      int payload,
      int end,
      TsWindow times,
      ReadingBuffer into,
      Rejections rejections) {
    TopicNames names = fit(body, topic, payload);
    if (names == null) {
      refuse(
          index,
          Fate.TOPIC,
          "topic " + excerpt(body, topic, payload) + " fits none of mqtt.topics",
          rejections);
      return true;
    }
    readingsOfOne.clear();
    refusedOfOne.clear();
    remarksOfOne.clear();
    switch (parseOne(names, body, payload, end, times)) {
      case Outcome.Parsed parsed -> settle(index, rejections);
      case Outcome.Empty empty -> refuse(index, Fate.PAYLOAD, "the payload is empty", rejections);
      case Outcome.Malformed bad ->
          refuse(
              index,
              Fate.PAYLOAD,
              "line %s, column %s: %s".formatted(bad.line(), bad.column(), bad.reason()),
              rejections);
      case Outcome.Undecodable bad ->
          refuse(index, Fate.PAYLOAD, "byte %s: %s".formatted(bad.at(), bad.reason()), rejections);
      case Outcome.TooLarge large -> {
        return false;
      }
    }
    remarks.add(remarksOfOne);
    readings[index] = readingsOfOne.count();
    return into.addAll(readingsOfOne);
  }

  private @Nullable TopicNames fit(byte[] body, int from, int to) {
    for (TopicPattern pattern : topics) {
      TopicNames names = pattern.fit(body, from, to);
      if (names != null) {
        return names;
      }
    }
    return null;
  }

  private Outcome parseOne(TopicNames names, byte[] body, int from, int to, TsWindow times) {
    int first = from;
    int last = to;
    while (first < last && isBlank(body[first])) {
      first++;
    }
    while (last > first && isBlank(body[last - 1])) {
      last--;
    }
    if (first == last) {
      return Outcome.Empty.INSTANCE;
    }
    if (body[first] == '{' || body[first] == '[') {
      json.deviceOtherwise(names.deviceAt(), names.deviceLength());
      return json.parse(body, first, last, times, readingsOfOne, refusedOfOne);
    }
    if (number.scan(body, first, last) == last && number.isJson()) {
      takeNumber(names, body, times);
      return Outcome.Parsed.INSTANCE;
    }
    if (indexOf((byte) '=', body, first, last) < 0) {
      refusedOfOne.add(
          0, excerpt(body, first, last) + " is neither JSON nor line protocol nor a number");
      return Outcome.Parsed.INSTANCE;
    }
    return lines.parse(body, first, last, Precision.DEFAULT, times, readingsOfOne, refusedOfOne);
  }

  private void takeNumber(TopicNames names, byte[] body, TsWindow times) {
    double value = number.toDouble();
    String problem = problem(names, body);
    if (problem.isEmpty() && !Double.isFinite(value)) {
      problem = "the number is not finite";
    }
    if (!problem.isEmpty()) {
      refusedOfOne.add(0, problem);
      return;
    }
    readingsOfOne.add(
        body,
        names.deviceAt(),
        names.deviceLength(),
        body,
        names.metricAt(),
        names.metricLength(),
        times.nowMicros(),
        value);
  }

  /** Why a bare number cannot be stored under these names; empty if it can. */
  private String problem(TopicNames names, byte[] body) {
    if (names.deviceLength() == 0 || names.metricLength() == 0) {
      return "a bare number needs a topic that names device and metric: see mqtt.topics";
    }
    NameCheck device =
        check(body, names.deviceAt(), names.deviceLength(), Reading.MAX_DEVICE_BYTES);
    if (device != NameCheck.OK) {
      return device.reason(
          "device", body, names.deviceAt(), names.deviceLength(), Reading.MAX_DEVICE_BYTES);
    }
    NameCheck metric =
        check(body, names.metricAt(), names.metricLength(), Reading.MAX_METRIC_BYTES);
    if (metric != NameCheck.OK) {
      return metric.reason(
          "metric", body, names.metricAt(), names.metricLength(), Reading.MAX_METRIC_BYTES);
    }
    return devices.begins(body, names.deviceAt(), names.deviceLength())
        ? ""
        : devices.refusal(body, names.deviceAt(), names.deviceLength());
  }

  private static NameCheck check(byte[] body, int at, int length, int most) {
    return NameCheck.of(body, at, length, most, false);
  }

  /** Answers for a message that was read to its end. */
  private void settle(int index, Rejections rejections) {
    int kept = readingsOfOne.count();
    int refused = refusedOfOne.count();
    if (refused == 0) {
      if (kept > 0) {
        answers.add(Answer.KEPT);
      } else {
        refuse(index, Fate.PAYLOAD, "the payload has no reading", rejections);
      }
      return;
    }
    for (int i = 0; i < refused; i++) {
      rejections.add(index, i < refusedOfOne.kept() ? refusedOfOne.reason(i) : "");
    }
    String first = refusedOfOne.reason(0);
    answers.add(
        new Answer(
            Fate.PAYLOAD,
            kept + refused == 1
                ? first
                : "kept %s, refused %s; the first: %s".formatted(kept, refused, first)));
  }

  private void refuse(int index, Fate fate, String reason, Rejections rejections) {
    rejections.add(index, reason);
    answers.add(new Answer(fate, reason));
  }

  private static boolean isBlank(byte b) {
    return b == ' ' || b == '\n' || b == '\r' || b == '\t' || b == 0;
  }

  private static int indexOf(byte wanted, byte[] bytes, int from, int to) {
    for (int i = from; i < to; i++) {
      if (bytes[i] == wanted) {
        return i;
      }
    }
    return -1;
  }

  private static String excerpt(byte[] bytes, int from, int to) {
    int end = Math.min(to, from + EXCERPT_BYTES);
    return '"' + new String(bytes, from, end - from, UTF_8) + (end < to ? "…\"" : "\"");
  }
}
