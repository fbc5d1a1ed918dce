package dev.sluice.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ConnectionsByAddressTest {
  private final AtomicInteger refused = new AtomicInteger();
  private final ConnectionsByAddress connections =
      new ConnectionsByAddress(3, refused::incrementAndGet);

  @Test
  void letsAnAddressHaveAsManyAsItMayAndMoreOnceSomeAreClosed() {
    AtomicBoolean first = add("192.0.2.1");
    add("192.0.2.1");
    add("192.0.2.1");
    assertThat(tryAdd("192.0.2.1", new AtomicBoolean(true))).isFalse();
    assertThat(tryAdd("192.0.2.2", new AtomicBoolean(true))).isTrue();
    assertThat(refused).hasValue(1);

    first.set(false);

    add("192.0.2.1");
    assertThat(tryAdd("192.0.2.1", new AtomicBoolean(true))).isFalse();
    assertThat(refused).hasValue(2);
  }

  @Test
  void countsNeitherLoopbackNorAnUnknownAddressNorWithoutALimit() {
    ConnectionsByAddress unlimited = ConnectionsByAddress.unlimited();
    for (int i = 0; i < 100; i++) {
      add("127.0.0.1");
      add("::1");
      assertThat(connections.tryAdd(null, () -> true)).isTrue();
      assertThat(unlimited.tryAdd(address("192.0.2.1"), () -> true)).isTrue();
    }

    assertThat(connections.kept()).isZero();
    assertThat(refused).hasValue(0);
  }

  @Test
  void keepsLittleMoreThanTheConnectionsThatAreOpen() {
    List<AtomicBoolean> open = new ArrayList<>();
    for (int i = 0; i < 100_000; i++) {
      open.add(add("10.%d.%d.%d".formatted(i >> 16, i >> 8 & 255, i & 255)));
      if (open.size() > 500) {
        open.removeFirst().set(false);
      }
      assertThat(connections.kept()).isLessThanOrEqualTo(1_024);
    }
    assertThat(connections.kept()).isGreaterThanOrEqualTo(500);
  }

  @Test
  void countsRightHoweverManyThreadsAdd() throws InterruptedException {
    ConnectionsByAddress shared = new ConnectionsByAddress(1_000, refused::incrementAndGet);
    AtomicInteger let = new AtomicInteger();
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      threads.add(
          Thread.ofPlatform()
              .start(() -> {
                for (int i = 0; i < 1_000; i++) {
                  if (shared.tryAdd(address("192.0.2.1"), () -> true)) {
                    let.incrementAndGet();
                  }
                }
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }

    assertThat(let).hasValue(1_000);
    assertThat(refused).hasValue(3_000);
  }

  /** An open connection; the test closes it. */
  private AtomicBoolean add(String address) {
    AtomicBoolean open = new AtomicBoolean(true);
    assertThat(tryAdd(address, open)).isTrue();
    return open;
  }

  private boolean tryAdd(String address, AtomicBoolean open) {
    return connections.tryAdd(address(address), open::get);
  }

  private static InetAddress address(String text) {
    try {
      return InetAddress.getByName(text);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }
}
