package dev.sluice.http.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AddressRangeTest {
  @ParameterizedTest
  @CsvSource({
    "10.1.0.0/16, 10.1.255.255, true",
    "10.1.0.0/16, 10.2.0.0, false",
    "10.1.2.3, 10.1.2.3, true",
    "10.1.2.3, 10.1.2.4, false",
    "10.1.2.4/30, 10.1.2.7, true",
    "10.1.2.4/30, 10.1.2.8, false",
    "128.0.0.0/1, 255.0.0.1, true",
    "128.0.0.0/1, 127.0.0.1, false",
    "0.0.0.0/0, 8.8.8.8, true",
    "0.0.0.0/0, ::1, false",
    "2001:db8::/32, 2001:db8:ffff::1, true",
    "2001:db8::/32, 2001:db9::1, false",
    "2001:db8::/33, 2001:db8:8000::1, false",
    "::1, ::1, true",
    "::/0, 2001:db8::1, true",
    "::/0, 10.0.0.1, false",
    // An IPv4 client of a socket for both is reported in either form.
    "10.1.0.0/16, ::ffff:10.1.2.3, true",
    "::ffff:10.1.0.0/112, 10.1.2.3, true",
    "::ffff:10.1.0.0/112, 10.2.2.3, false",
    "::ffff:10.1.2.3, 10.1.2.3, true"
  })
  void holdsTheAddressesOfItsBlock(String range, String address, boolean held)
      throws UnknownHostException {
    assertThat(AddressRange.parse(range).holds(InetAddress.getByName(address))).isEqualTo(held);
    assertThat(AddressRange.parse(range)).hasToString(range);
  }

  @ParameterizedTest
  @CsvSource({
    "10.1.2.3/16, bits set after its first 16",
    "2001:db8::1/32, bits set after its first 32",
    "10.1.0.0/33, 0..32",
    "10.1.0.0/-1, 0..32",
    "10.1.0.0/, 0..32",
    "10.1.0.0/x, 0..32",
    "2001:db8::/129, 0..128",
    "::ffff:10.1.0.0/16, 96..128",
    "10.1/16, must look like",
    "10.1.2.256, must look like",
    "010.1.2.3, must look like",
    "1:2:3:4:5:6:7:8:9, must look like",
    "fe80::1%eth0, must look like",
    "localhost, names are not allowed",
    "'', must look like",
    "/8, must look like"
  })
  void refusesWhatIsNoBlock(String range, String message) {
    assertThatThrownBy(() -> AddressRange.parse(range))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }
}
