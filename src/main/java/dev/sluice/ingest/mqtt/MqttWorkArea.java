package dev.sluice.ingest.mqtt;

import dev.sluice.http.ByteBudget;
import dev.sluice.ingest.IngestConfig;
import dev.sluice.ingest.WorkArea;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A work area for a batch of messages. */
final class MqttWorkArea extends WorkArea {
  private final MessageCodec codec;

  MqttWorkArea(ByteBudget budget, IngestConfig config, List<TopicPattern> topics) {
    super(budget, config.maxReadingBytes());
    this.codec =
        new MessageCodec(
            topics,
            config.deviceTags(),
            config.textFields() == IngestConfig.TextFields.REFUSE,
            config.maxReadingBytes(),
            devices(),
            remarks(),
            memory());
  }

  MessageCodec codec() {
    return codec;
  }

  /**
   * Copies a batch into the body.
   *
   * @return the body's length
   * @throws dev.sluice.ingest.Claim.NoRoomException if there is no memory for it now
   */
  int fill(List<Message> batch) {
    codec.begin(batch);
    List<InputStream> parts = new ArrayList<>(2 * batch.size());
    int length = 0;
    for (Message message : batch) {
      parts.add(new ByteArrayInputStream(message.topic()));
      parts.add(new ByteArrayInputStream(message.payload()));
      length += message.topic().length + message.payload().length;
    }
    try {
      return body().fill(new SequenceInputStream(Collections.enumeration(parts)), length, length);
    } catch (IOException e) {
      throw new AssertionError("bytes in memory cannot be read", e);
    }
  }
}
