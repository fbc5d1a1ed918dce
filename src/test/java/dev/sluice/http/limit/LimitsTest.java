package dev.sluice.http.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.http.auth.Client;
import dev.sluice.http.auth.LimitOverrides;
import dev.sluice.http.auth.Scope;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LimitsTest {
  private static final long SECOND = 1_000_000_000;
  private static final SocketAddress ANYWHERE = at("10.0.0.1");

  private final AtomicLong nanos = new AtomicLong();

  @Test
  void keepWhatAClientHasDoneWhenTheTokensFileIsReadAgain() {
    Limits limits = limits(new LimitsConfig(10, 0, 0, 0, 0, 0));
    Client fleet = client("fleet", LimitOverrides.NONE);
    limits.clients(List.of(fleet, client("other", LimitOverrides.NONE)));
    assertThat(limits.of(fleet, ANYWHERE).passReadings(40)).isNull();

    limits.clients(List.of(client("new", LimitOverrides.NONE), fleet));

    OverLimit over = over(limits.of(fleet, ANYWHERE).tryWrite());
    assertThat(over.limit()).isEqualTo(Limit.READINGS_PER_SECOND);
    assertThat(over.retrySeconds()).isEqualTo(4);
    assertThat(over.reason())
        .isEqualTo(
            "client fleet has sent 40 readings more than its 10 a second allow by now"
                + " (limits.readings-per-second)");
    nanos.addAndGet(4 * SECOND);
    assertThat(limits.of(fleet, ANYWHERE).tryWrite()).isNull();
  }

  @Test
  void giveBackMemoryToTheAccountThatTookItWhateverTheFileSaysMeanwhile() {
    Limits limits = limits(new LimitsConfig(0, 0, 3, 0.5, 0, 0));
    Client fleet = client("fleet", LimitOverrides.NONE);
    Client other = client("other", LimitOverrides.NONE);
    limits.clients(List.of(fleet, other));
    Account before = limits.of(fleet, ANYWHERE);
    assertThat(before.tryWrite()).isNull();
    assertThat(before.tryBody(40, 0, 100)).isNull();

    limits.clients(List.of(fleet));
    Account alone = limits.of(fleet, ANYWHERE);
    assertThat(alone.tryBody(90, 0, 100)).isNull();
    alone.giveBody(90);
    limits.clients(List.of(fleet, other));

    assertThat(limits.of(fleet, ANYWHERE).tryBody(20, 0, 100)).isNotNull();
    before.giveBody(40);
    before.leave();
    assertThat(limits.of(fleet, ANYWHERE).tryBody(20, 0, 100)).isNull();
  }

  @Test
  void takeAClientsOwnLimitsFirst() {
    Limits limits = limits(new LimitsConfig(1, 1, 1, 0, 0, 0));
    Client free =
        client(
            "free", new LimitOverrides(OptionalLong.of(0), OptionalLong.of(0), OptionalInt.of(0)));
    Client strict =
        client(
            "strict",
            new LimitOverrides(OptionalLong.of(5), OptionalLong.of(500), OptionalInt.of(2)));
    limits.clients(List.of(free, strict));

    Account unlimited = limits.of(free, ANYWHERE);
    for (int i = 0; i < 10; i++) {
      assertThat(unlimited.tryWrite()).isNull();
      assertThat(unlimited.passBytes(1_000)).isNull();
      assertThat(unlimited.passReadings(1_000)).isNull();
    }
    Account limited = limits.of(strict, ANYWHERE);
    assertThat(limited.tryWrite()).isNull();
    assertThat(limited.tryRead()).isNull();
    assertThat(over(limited.tryRead()).reason())
        .isEqualTo(
            "client strict has 2 requests in progress, allowed at the same time are 2"
                + " (limits.concurrent-requests)");
    limited.leave();
    assertThat(limited.passBytes(501)).isNull();
    assertThat(over(limited.tryWrite()).limit()).isEqualTo(Limit.BYTES_PER_SECOND);
    assertThat(over(limited.passBytes(1)).limit()).isEqualTo(Limit.BYTES_PER_SECOND);
    assertThat(limited.tryRead()).isNull();
  }

  @Test
  void tellTheLongerWaitOfTwo() {
    Limits limits = limits(new LimitsConfig(10, 1_000, 0, 0, 0, 0));
    Client fleet = client("fleet", LimitOverrides.NONE);
    limits.clients(List.of(fleet));
    Account account = limits.of(fleet, ANYWHERE);
    assertThat(account.passReadings(30)).isNull();
    assertThat(account.passBytes(5_000)).isNull();

    OverLimit over = over(account.passReadings(1));

    assertThat(over.limit()).isEqualTo(Limit.BYTES_PER_SECOND);
    assertThat(over.retrySeconds()).isEqualTo(5);
    assertThat(over(account.tryWrite())).isEqualTo(over);
  }

  @Test
  void areNotSharedByClientsOfTheFile() {
    Limits limits = limits(new LimitsConfig(1, 0, 0, 0, 0, 0));
    Client one = client("one", LimitOverrides.NONE);
    Client two = client("two", LimitOverrides.NONE);
    limits.clients(List.of(one, two));

    assertThat(limits.of(one, ANYWHERE).passReadings(1)).isNull();

    assertThat(limits.of(one, ANYWHERE).tryWrite()).isNotNull();
    assertThat(limits.of(two, ANYWHERE).tryWrite()).isNull();
    assertThat(limits.refusalsByName()).containsOnlyKeys("one").containsValue(1L);
    assertThat(limits.counters().refused(Limit.READINGS_PER_SECOND)).isEqualTo(1);
  }

  @Test
  void giveAllToAClientThatAloneMayWriteOrRead() {
    Limits limits = limits(new LimitsConfig(0, 0, 0, 0.25, 0.25, 0));
    Client writer = client("writer", LimitOverrides.NONE, Scope.WRITE);
    Client reader = client("reader", LimitOverrides.NONE, Scope.READ);
    limits.clients(List.of(writer, reader));

    Account writes = limits.of(writer, ANYWHERE);
    assertThat(writes.tryBody(60, 0, 100)).isNull();
    assertThat(writes.tryBody(30, 0, 100)).isNull();
    Account reads = limits.of(reader, ANYWHERE);
    assertThat(reads.tryPage(60, 0, 100)).isNull();
    assertThat(reads.tryPage(30, 0, 100)).isNull();
  }

  @Test
  void shareMemoryOfBodiesAndPagesAmongSeveral() {
    Limits limits = limits(new LimitsConfig(0, 0, 0, 0.25, 0.5, 0));
    Client one = client("one", LimitOverrides.NONE);
    limits.clients(List.of(one, client("two", LimitOverrides.NONE)));
    Account account = limits.of(one, ANYWHERE);

    assertThat(account.tryBody(20, 0, 100)).isNull();
    assertThat(over(account.tryBody(6, 0, 100)).reason())
        .isEqualTo(
            "client one has requests in progress that hold 20 bytes of memory, allowed are 25"
                + " (limits.inflight-share)");
    assertThat(account.tryPage(45, 0, 100)).isNull();
    assertThat(over(account.tryPage(6, 0, 100)).limit()).isEqualTo(Limit.READ_SHARE);
    account.giveBody(20);
    account.givePage(45);
    assertThat(account.tryBody(25, 0, 100)).isNull();
    assertThat(account.tryPage(50, 0, 100)).isNull();
  }

  @Test
  void shareNothingWithLoopbackWhichStandsForMany() {
    Limits limits = limits(new LimitsConfig(10, 0, 0, 0.25, 0.25, 0));
    for (String loopback : new String[] {"127.0.0.1", "127.7.7.7", "::1"}) {
      Account account = limits.of(address(loopback), at(loopback));
      assertThat(account.tryBody(60, 0, 100)).isNull();
      assertThat(account.tryBody(30, 0, 100)).isNull();
    }
    assertThat(limits.of(address("127.0.0.1"), at("127.0.0.1")).passReadings(30)).isNull();
    assertThat(over(limits.of(address("::1"), at("::1")).tryWrite()).reason())
        .startsWith("this address has sent 30 readings more than its 10 a second");
  }

  @Test
  void takeANetworkOfIpv6ForOneAddress() {
    Limits limits = limits(new LimitsConfig(1, 0, 0, 0, 0, 0));

    assertThat(limits.of(address("a"), at("2001:db8:1:2::1")).passReadings(9)).isNull();

    assertThat(limits.of(address("b"), at("2001:db8:1:2:ffff::9")).tryWrite()).isNotNull();
    assertThat(limits.of(address("c"), at("2001:db8:1:3::1")).tryWrite()).isNull();
  }

  @Test
  void tellAlmostAllAddressesApartAndHaveAPlaceForAll() throws UnknownHostException {
    Limits limits = limits(new LimitsConfig(1, 0, 0, 0, 0, 0));
    int refused = 0;
    for (int i = 0; i < 1_000; i++) {
      SocketAddress from =
          new InetSocketAddress(
              InetAddress.getByAddress(new byte[] {10, 0, (byte) (i >> 8), (byte) i}), 1_000);
      refused += limits.of(address("x"), from).passReadings(9) == null ? 0 : 1;
    }
    // Of 1,000 balls in 16,384 places, 30 on average fall where there is one.
    assertThat(refused).isBetween(5, 80);
  }

  @Test
  void slowFailedTokensOfOneAddressAndNoOther() throws UnknownHostException {
    Limits limits = limits(new LimitsConfig(0, 0, 0, 0, 0, 20));
    InetAddress guesser = InetAddress.getByName("192.0.2.7");
    for (int i = 0; i < 20; i++) {
      assertThat(limits.failedToken(guesser)).isZero();
    }

    assertThat(limits.failedToken(guesser)).isEqualTo(1);

    assertThat(limits.failedToken(InetAddress.getByName("192.0.2.8"))).isZero();
    assertThat(limits.counters().refused(Limit.UNKNOWN_PER_SECOND)).isEqualTo(1);
    nanos.addAndGet(SECOND / 20);
    assertThat(limits.failedToken(guesser)).isZero();
    assertThat(limits.failedToken(guesser)).isEqualTo(1);
  }

  @Test
  void limitNothingUnlessAsked() throws UnknownHostException {
    Limits limits = limits(LimitsConfig.NONE);

    assertThat(limits.of(address("10.0.0.1"), ANYWHERE)).isSameAs(Account.UNLIMITED);
    for (int i = 0; i < 100; i++) {
      assertThat(limits.failedToken(InetAddress.getByName("192.0.2.7"))).isZero();
    }
  }

  @Test
  void refuseWhatIsNoLimit() {
    assertThatThrownBy(() -> new LimitsConfig(-1, 0, 0, 0, 0, 0))
        .hasMessage("limits.readings-per-second is -1, allowed is at least 0");
    assertThatThrownBy(() -> new LimitsConfig(0, 0, 0, Double.NaN, 0, 0))
        .hasMessage("limits.inflight-share is NaN, allowed is 0..1");
  }

  private Limits limits(LimitsConfig config) {
    return new Limits(config, nanos::get, 4_711);
  }

  private static OverLimit over(@Nullable OverLimit over) {
    return Objects.requireNonNull(over);
  }

  private static Client client(String name, LimitOverrides limits, Scope... scopes) {
    Set<Scope> held = scopes.length == 0 ? Set.of(Scope.values()) : Set.of(scopes);
    return new Client(name, Client.Kind.TOKEN, held, limits, "");
  }

  private static Client address(String name) {
    return new Client(name, Client.Kind.ADDRESS, Set.of(Scope.values()), LimitOverrides.NONE, "");
  }

  private static SocketAddress at(String address) {
    return new InetSocketAddress(address, 1_000);
  }
}
