package dev.sluice.ingest;

import dev.sluice.reading.ReadingBuffer;

/**
 * The parsers of one work area; confined like it. They never throw, whatever the bytes, and leave
 * {@code into} and {@code rejections} as {@link Outcome} says.
 */
interface Parsers {
  Outcome json(
      byte[] body, int length, long receivedMicros, ReadingBuffer into, Rejections rejections);

  Outcome ndjson(
      byte[] body, int length, long receivedMicros, ReadingBuffer into, Rejections rejections);

  Outcome lines(
      byte[] body,
      int length,
      long receivedMicros,
      Precision precision,
      ReadingBuffer into,
      Rejections rejections);
}
