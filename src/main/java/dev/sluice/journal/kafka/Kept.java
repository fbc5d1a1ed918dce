package dev.sluice.journal.kafka;

import java.util.Optional;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.Uuid;

/**
 * How far one sink has come in one partition, as its group keeps it: the offset is the first record
 * not wholly settled, and the rest is text beside it. A node that takes the partition over goes on
 * from there. Each reading counted is in one partition's numbers; which of them counts a refused
 * one is a matter of course only for their sum.
 *
 * @param place offset of the first record that is not wholly settled
 * @param skip readings of that record, and of those behind it, that are settled
 * @param origin place the sink began at
 */
record Kept(long place, long skip, long origin, long delivered, long deadLettered, long lost) {
  private static final String KIND = "sluice-1";
  private static final int WORDS = 7;

  static Kept beginningAt(long place) {
    return new Kept(place, 0, place, 0, 0, 0);
  }

  /**
   * What a feed knows of a partition that another process delivers: nothing of it is left to do.
   */
  Kept elsewhere() {
    return new Kept(Long.MAX_VALUE, 0, origin, 0, 0, 0);
  }

  /** Readings settled in this partition. */
  long settled() {
    return delivered + deadLettered + lost;
  }

  /** What the group keeps: {@code sluice-1 topic-id skip origin delivered dead-lettered lost}. */
  OffsetAndMetadata offset(Uuid topic) {
    return new OffsetAndMetadata(
        place,
        String.join(
            " ",
            KIND,
            topic.toString(),
            Long.toString(skip),
            Long.toString(origin),
            Long.toString(delivered),
            Long.toString(deadLettered),
            Long.toString(lost)));
  }

  /** Empty if it was not kept by Sluice, or for another topic of that name. */
  static Optional<Kept> of(OffsetAndMetadata offset, Uuid topic) {
    String[] words = offset.metadata().split(" ", -1);
    if (words.length != WORDS || !words[0].equals(KIND) || !words[1].equals(topic.toString())) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new Kept(
              offset.offset(),
              Long.parseLong(words[2]),
              Long.parseLong(words[3]),
              Long.parseLong(words[4]),
              Long.parseLong(words[5]),
              Long.parseLong(words[6])));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }
}
