package dev.sluice.http.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.http.ConnectionsByAddress;
import dev.sluice.http.auth.AddressRange;
import dev.sluice.http.proxy.Proxies;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ConnectionAdmissionTest {
  private final AtomicInteger refused = new AtomicInteger();
  private final ConnectionLimits limits =
      new ConnectionLimits(1_000, new ConnectionsByAddress(3, refused::incrementAndGet));
  private final ConnectionAdmission admission =
      new ConnectionAdmission(limits, Proxies.none(), false);

  @Test
  void letsInAsManyFromOneAddressAsAllowed() {
    List<SocketFrom> open = let(3, "192.0.2.1");

    SocketFrom fourth = new SocketFrom("192.0.2.1");
    assertThatThrownBy(() -> admission.configureSocket(fourth))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("too many connections from /192.0.2.1");

    assertThat(fourth.written()).startsWith("HTTP/1.1 503 ").contains("Retry-After: 10\r\n");
    assertThat(refused).hasValue(1);
    assertThat(admission.accepted()).isEqualTo(4);
    let(3, "192.0.2.2");
    assertThat(open).allMatch(SocketFrom::isOpen);
  }

  @Test
  void countsTheConnectionsOfAnAddressToAllListenersThatShareTheCount() throws IOException {
    ConnectionAdmission other = new ConnectionAdmission(limits, Proxies.none(), false);
    SocketFrom elsewhere = new SocketFrom("192.0.2.1");
    other.configureSocket(elsewhere);
    let(2, "192.0.2.1");

    assertThatThrownBy(() -> let(1, "192.0.2.1")).isInstanceOf(UncheckedIOException.class);
    assertThatThrownBy(() -> other.configureSocket(new SocketFrom("192.0.2.1")))
        .isInstanceOf(UncheckedIOException.class);
    assertThat(refused).hasValue(2);

    elsewhere.close();
    let(1, "192.0.2.1");
  }

  @Test
  void letsMoreInOnceSomeAreClosed() throws IOException {
    List<SocketFrom> open = let(3, "192.0.2.1");
    open.get(1).close();

    let(1, "192.0.2.1");

    assertThatThrownBy(() -> let(1, "192.0.2.1")).isInstanceOf(UncheckedIOException.class);
  }

  @Test
  void countsANetworkOfIpv6AsOneAddress() {
    let(2, "2001:db8::1");
    let(1, "2001:db8::ffff:2");

    assertThatThrownBy(() -> let(1, "2001:db8::3")).isInstanceOf(UncheckedIOException.class);
    let(3, "2001:db8:0:1::1");
  }

  @Test
  void doesNotCountLoopbackAddresses() {
    let(100, "127.0.0.1");
    let(100, "127.1.1.1");
    let(100, "::1");

    assertThat(refused).hasValue(0);
  }

  @Test
  void countsNoAddressWithoutALimit() {
    ConnectionAdmission unlimited =
        new ConnectionAdmission(ConnectionLimits.of(1_000), Proxies.none(), false);
    for (int i = 0; i < 500; i++) {
      unlimited.configureSocket(new SocketFrom("192.0.2.1"));
    }
    assertThat(unlimited.isOverfull()).isFalse();
  }

  @Test
  void limitsAllTogetherWhateverTheirAddresses() throws IOException {
    ConnectionAdmission small =
        new ConnectionAdmission(
            new ConnectionLimits(10, new ConnectionsByAddress(3, () -> {})), Proxies.none(), false);
    List<SocketFrom> open = new ArrayList<>();
    for (int i = 0; i < 74; i++) {
      open.add(new SocketFrom("192.0.2." + i));
      small.configureSocket(open.getLast());
    }
    assertThat(small.isOverfull()).isTrue();
    SocketFrom one = new SocketFrom("198.51.100.1");
    assertThatThrownBy(() -> small.configureSocket(one)).hasMessageContaining("too many");

    for (SocketFrom socket : open) {
      socket.close();
    }

    small.configureSocket(new SocketFrom("198.51.100.1"));
    assertThat(small.isOverfull()).isFalse();
  }

  @Test
  void countsWhatAProxyPassesOnForItsClient() throws Exception {
    ConnectionAdmission behind =
        new ConnectionAdmission(
            new ConnectionLimits(1_000, new ConnectionsByAddress(3, refused::incrementAndGet)),
            new Proxies(List.of(AddressRange.parse("192.0.2.0/24"))),
            false);
    for (int i = 0; i < 10; i++) {
      behind.configureSocket(new SocketFrom("192.0.2.1"));
    }
    InetAddress client = InetAddress.getByName("198.51.100.7");

    AtomicBoolean firstIsOpen = new AtomicBoolean(true);
    assertThat(behind.enter(client, firstIsOpen::get)).isTrue();
    assertThat(behind.enter(client, () -> true)).isTrue();
    assertThat(behind.enter(client, () -> true)).isTrue();
    assertThat(behind.enter(client, () -> true)).isFalse();
    assertThat(refused).hasValue(1);
    assertThat(behind.enter(InetAddress.getByName("198.51.100.8"), () -> true)).isTrue();

    firstIsOpen.set(false);
    assertThat(behind.enter(client, () -> true)).isTrue();
    assertThat(behind.enter(client, () -> true)).isFalse();
  }

  private List<SocketFrom> let(int count, String address) {
    List<SocketFrom> in = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      in.add(new SocketFrom(address));
      admission.configureSocket(in.getLast());
    }
    return in;
  }
}
