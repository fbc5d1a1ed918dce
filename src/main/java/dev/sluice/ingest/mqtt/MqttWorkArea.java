package dev.sluice.ingest.mqtt;

import dev.sluice.http.ByteBudget;
import dev.sluice.http.limit.OverLimit;
import dev.sluice.ingest.IngestConfig;
import dev.sluice.ingest.WorkArea;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A work area for a batch of messages. A message may be tried more than once, while the journal is
 * full or because its batch is too much at once; its client is debited for it only once.
 */
final class MqttWorkArea extends WorkArea {
  private final MessageCodec codec;
  private List<Message> messages = List.of();

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

  /** Keeps no batch any longer. */
  void forget() {
    messages = List.of();
    codec.begin(messages);
  }

  /**
   * Copies a batch into the body.
   *
   * @return the body's length
   * @throws dev.sluice.ingest.Claim.NoRoomException if there is no memory for it now
   */
  int fill(List<Message> batch) {
    messages = batch;
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

  @Override
  protected @Nullable OverLimit debitBytes(int length) {
    long fresh = 0;
    for (Message message : messages) {
      fresh += message.areBytesDebited() ? 0 : message.topic().length + message.payload().length;
    }
    OverLimit over = fresh == 0 ? null : account().passBytes(fresh);
    if (over == null) {
      messages.forEach(Message::bytesDebited);
    }
    return over;
  }

  @Override
  protected @Nullable OverLimit debitReadings() {
    long fresh = 0;
    for (int i = 0; i < messages.size(); i++) {
      fresh += messages.get(i).areReadingsDebited() ? 0 : codec.readings(i);
    }
    OverLimit over = fresh == 0 ? null : account().passReadings(fresh);
    if (over == null) {
      messages.forEach(Message::readingsDebited);
    }
    return over;
  }
}
