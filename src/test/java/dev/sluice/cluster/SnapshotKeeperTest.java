package dev.sluice.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.journal.Mark;
import dev.sluice.journal.kafka.KafkaConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class SnapshotKeeperTest {
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final long FAST = 1 << 30;

  private final Nodes nodes = new Nodes();
  private final AtomicBoolean leads = new AtomicBoolean(true);

  @TempDir Path directory;

  @AfterEach
  void close() throws Exception {
    nodes.close();
  }

  private record Named(String name) implements Mark {
    @Override
    public boolean reachedBy(Mark other) {
      return equals(other);
    }

    @Override
    public Mark and(Mark other) {
      return this;
    }

    @Override
    public String toString() {
      return name;
    }
  }

  @Test
  void keepsASnapshotForTheNextLeader() throws Exception {
    SnapshotKeeper keeper = begun(nodes.direct, 1, FAST);

    offer(keeper, "one", 1);
    await().atMost(PATIENCE).until(() -> fetched(2).equals(Optional.of("one")));
  }

  @Test
  void sendsTheFileThatWasThereWhenItIsReplacedMeanwhile() throws Exception {
    SnapshotKeeper keeper = begun(nodes.direct, 1, 2 * SnapshotTopic.CHUNK_BYTES);
    String large = "x".repeat(3 * SnapshotTopic.CHUNK_BYTES);
    long begin = System.nanoTime();

    offer(keeper, large, 1);
    write("something else");

    await().atMost(PATIENCE).until(() -> fetched(2).equals(Optional.of(large)));
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(Duration.ofMillis(900));
  }

  @Test
  void sendsTheLastOneAtOnce() throws Exception {
    SnapshotKeeper keeper = begun(nodes.direct, 1, 1);
    offer(keeper, "takes for ever".repeat(SnapshotTopic.CHUNK_BYTES), 1);
    offer(keeper, "is left out", 2);

    keeper.expectLast();
    offer(keeper, "last", 3);
    keeper.close();

    assertThat(fetched(2)).contains("last");
    offer(keeper, "too late", 4);
    keeper.close();
    assertThat(fetched(2)).contains("last");
  }

  @Test
  void endsAtOnceWithoutALastOne() throws Exception {
    SnapshotKeeper keeper = begun(nodes.direct, 1, 1);
    offer(keeper, "takes for ever".repeat(SnapshotTopic.CHUNK_BYTES), 1);

    keeper.close();

    assertThat(fetched(2)).isEmpty();
  }

  @Test
  void sendsNothingWhenItLeadsNoMore() throws Exception {
    SnapshotKeeper keeper = begun(nodes.direct, 1, FAST);
    leads.set(false);

    keeper.expectLast();
    offer(keeper, "of a leader no more", 1);
    keeper.close();

    leads.set(true);
    assertThat(fetched(2)).isEmpty();
    leads.set(false);
    assertThatThrownBy(() -> fetched(3)).hasMessage("this node leads no more");
  }

  @Test
  void waitsForTheClusterAndIsInterrupted() throws Exception {
    nodes.kafka.proxy().cut();
    SnapshotKeeper keeper = keeper(nodes.proxied, 1, FAST);
    CompletableFuture<Exception> end = new CompletableFuture<>();
    Thread thread =
        Thread.ofPlatform()
            .start(() -> {
              try {
                keeper.fetch(directory.resolve("fetched"));
              } catch (IOException | InterruptedException e) {
                end.complete(e);
              }
            });
    assertThat(end).isNotDone();

    thread.interrupt();

    assertThat(end).succeedsWithin(PATIENCE).isInstanceOf(InterruptedException.class);
  }

  @Test
  @Tag("long")
  void sendsTheNextOneWhenTheClusterWasAway() throws Exception {
    SnapshotKeeper keeper = begun(nodes.proxied, 1, FAST);
    offer(keeper, "one", 1);
    await().atMost(PATIENCE).until(() -> fetched(2).equals(Optional.of("one")));
    nodes.kafka.proxy().cut();
    await()
        .atMost(PATIENCE)
        .pollDelay(Duration.ofSeconds(1))
        .until(() -> {
          offer(keeper, "two", 2);
          return true;
        });
    assertThat(fetched(2)).contains("one");
    nodes.kafka.proxy().resume();

    await()
        .atMost(PATIENCE.multipliedBy(3))
        .until(() -> {
          offer(keeper, "three", 3);
          return fetched(2).equals(Optional.of("three"));
        });
  }

  private SnapshotKeeper keeper(KafkaConfig config, long term, long bytesPerSecond) {
    return nodes.closed(
        new SnapshotKeeper(new SnapshotTopic(config, "journal", term), leads::get, bytesPerSecond));
  }

  private SnapshotKeeper begun(KafkaConfig config, long term, long bytesPerSecond) {
    SnapshotKeeper keeper = keeper(config, term, bytesPerSecond);
    keeper.start();
    return keeper;
  }

  /** As the ledger does it: replaced as a whole, then offered. */
  private void offer(SnapshotKeeper to, String content, long offset) throws IOException {
    to.offer(write(content), offset, new Named("mark " + offset));
  }

  private Path write(String content) throws IOException {
    Path next = Files.writeString(directory.resolve("snapshot.next"), content, UTF_8);
    return Files.move(next, directory.resolve("snapshot"), StandardCopyOption.REPLACE_EXISTING);
  }

  private Optional<String> fetched(long term) throws Exception {
    Path file = directory.resolve("fetched");
    Files.deleteIfExists(file);
    try (SnapshotKeeper next = keeper(nodes.direct, term, FAST)) {
      Optional<SnapshotHeader> header = next.fetch(file);
      assertThat(header.map(SnapshotHeader::mark))
          .isEqualTo(header.map(its -> "mark " + its.offset()));
      return header.isPresent() ? Optional.of(Files.readString(file, UTF_8)) : Optional.empty();
    }
  }
}
