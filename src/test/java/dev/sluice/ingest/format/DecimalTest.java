package dev.sluice.ingest.format;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DecimalTest {
  private final Decimal decimal = new Decimal();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0",
        "-0",
        "0.0",
        "1",
        "-1.5",
        "21.5",
        "98.49246231155779",
        "0.30000000000000004",
        "9007199254740993",
        "9007199254740992.5",
        "9007199254740993.0000000000000000000001",
        "1e22",
        "1e23",
        "-1e-22",
        "8.5e22",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1.7976931348623159e308",
        "1e308",
        "1e309",
        "-1e400",
        "4.9e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "2.2250738585072011e-308",
        "2.2250738585072014e-308",
        "1e-400",
        "0e999999999999999999999",
        "1e999999999999999999999",
        "1e-999999999999999999999",
        "0.000000000000000000000000000000000000000000001e45",
        "100000000000000016777215",
        "100000000000000016777216",
        "18446744073709551615",
        "179769313486231580793728971405303415079934132710037826936173778980444968292764750946649"
            + "017977587207096330286416692887910946555547851940402630657488671505820681908902000708"
            + "383676273854845817711531764475730270069855571366959622842914819860834936475292719074"
            + "168444365510704342711559699508093042880",
      })
  void readsTheBitsThatParseDoubleReads(String number) {
    assertSameBits(number);
  }

  @Test
  void readsTheBitsThatParseDoubleReadsForAnyDouble() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < 300_000; i++) {
      double any = Double.longBitsToDouble(random.nextLong());
      if (Double.isFinite(any)) {
        assertSameBits(Double.toString(any));
      }
      assertSameBits(Double.toString(random.nextDouble() * 1000));
      assertSameBits(random.nextLong() + "e" + (random.nextInt(700) - 360));
      assertSameBits(
          random.nextLong(1L << 40)
              + "."
              + random.nextLong(Long.MAX_VALUE)
              + random.nextInt(1 << 30));
    }
  }

  @Test
  void roundsHalfwayCasesToEven() {
    SplittableRandom random = new SplittableRandom(7);
    for (int i = 0; i < 20_000; i++) {
      double low = Double.longBitsToDouble(random.nextLong(0x7fe0000000000000L));
      BigDecimal half =
          new BigDecimal(low).add(new BigDecimal(Math.nextUp(low))).divide(BigDecimal.TWO);

      assertSameBits(half.toString());
      assertSameBits(half.toString().replaceFirst("E|$", "1E").replaceFirst("E$", "E0"));
    }
  }

  @Test
  void readsMillisecondsToTheMicrosecondWithoutRounding() {
    assertThat(micros("1795300000000")).isEqualTo(1_795_300_000_000_000L);
    assertThat(micros("1795300000000.123456")).isEqualTo(1_795_300_000_000_123L);
    assertThat(micros("1795300000000.1239999999999999999999")).isEqualTo(1_795_300_000_000_123L);
    assertThat(micros("1.795300000000999e12")).isEqualTo(1_795_300_000_000_999L);
    assertThat(micros("0.0009")).isZero();
    assertThat(micros("-0")).isZero();
    assertThat(micros("1e-99999999999")).isZero();
    assertThat(micros("253402300799999.9999")).isEqualTo(253_402_300_799_999_999L);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "253402300800000",
        "-1",
        "-0.0001",
        "1e300",
        "1e99999999999",
        "9223372036854775807",
        "18446744073709551615",
        "99999999999999999999999999",
        "1e16",
        "1000000000000000000e18"
      })
  void refusesMillisecondsOutOfRange(String number) {
    assertThat(micros(number)).isEqualTo(Decimal.OUT_OF_RANGE);
  }

  private long micros(String number) {
    scan(number);
    return decimal.millisToMicros();
  }

  private void assertSameBits(String number) {
    scan(number);
    long expected = Double.doubleToRawLongBits(Double.parseDouble(number));
    if (Double.doubleToRawLongBits(decimal.toDouble()) != expected) {
      assertThat(decimal.toDouble()).as(number).isEqualTo(Double.parseDouble(number));
    }
  }

  private void scan(String number) {
    byte[] bytes = ("x" + number + "x").getBytes(US_ASCII);
    assertThat(decimal.scan(bytes, 1, bytes.length)).as(number).isEqualTo(bytes.length - 1);
  }
}
