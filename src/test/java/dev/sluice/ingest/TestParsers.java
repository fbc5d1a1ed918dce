package dev.sluice.ingest;

import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBuffer;
import java.nio.charset.StandardCharsets;

/** Every line is {@code device metric value}; a line that is not is refused. */
final class TestParsers implements Parsers {
  @Override
  public Outcome json(
      byte[] body, int length, long now, ReadingBuffer into, Rejections rejections) {
    if (body[0] != '{' && body[0] != '[') {
      return Outcome.Malformed.at(body, 0, 0, "expected { or [");
    }
    into.add(new Reading("s-17", "temp", now, 21.5));
    return Outcome.Parsed.INSTANCE;
  }

  @Override
  public Outcome ndjson(
      byte[] body, int length, long now, ReadingBuffer into, Rejections rejections) {
    return lines(body, length, now, Precision.DEFAULT, into, rejections);
  }

  @Override
  public Outcome lines(
      byte[] body,
      int length,
      long now,
      Precision precision,
      ReadingBuffer into,
      Rejections rejections) {
    int number = 0;
    for (String line : new String(body, 0, length, StandardCharsets.UTF_8).split("\n")) {
      number++;
      String[] words = line.split(" ");
      if (line.isEmpty()) {
        continue;
      }
      if (words.length == 3) {
        into.add(new Reading(words[0], words[1], now, Double.parseDouble(words[2])));
      } else {
        rejections.add(number, "expected three words");
      }
    }
    return Outcome.Parsed.INSTANCE;
  }
}
