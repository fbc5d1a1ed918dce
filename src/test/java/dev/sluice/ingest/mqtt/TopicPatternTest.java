package dev.sluice.ingest.mqtt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TopicPatternTest {
  @ParameterizedTest
  @CsvSource({
    "sensors/{device}/{metric}, sensors/s-17/temp, s-17, temp",
    "{metric}/of/{device}, temp/of/s-17, s-17, temp",
    "zigbee2mqtt/{device}, zigbee2mqtt/küche, küche, ''",
    "+/{device}/#, tele/s-17/SENSOR/now, s-17, ''",
    "+/{device}/#, tele/s-17, s-17, ''",
    "#, anything/at/all, '', ''",
    "a//{metric}, a//temp, '', temp",
    "{device}, '', '', ''",
    "$SYS/{metric}, $SYS/load, '', load",
  })
  void namesWhatItsLevelsSay(String pattern, String topic, String device, String metric) {
    byte[] body = ("before" + topic + "after").getBytes(UTF_8);
    int from = "before".length();
    int to = body.length - "after".length();

    TopicNames names = Objects.requireNonNull(TopicPattern.of(pattern).fit(body, from, to));

    assertThat(new String(body, names.deviceAt(), names.deviceLength(), UTF_8)).isEqualTo(device);
    assertThat(new String(body, names.metricAt(), names.metricLength(), UTF_8)).isEqualTo(metric);
  }

  @ParameterizedTest
  @CsvSource({
    "sensors/{device}/{metric}, sensors/s-17",
    "sensors/{device}/{metric}, sensors/s-17/temp/now",
    "sensors/{device}/{metric}, sensor/s-17/temp",
    "sensors/{device}/{metric}, sensors/s-17/temp/",
    "sensors/{device}/{metric}, /sensors/s-17/temp",
    "a/b, a",
    "#, $SYS/broker/load",
    "+/{metric}, $SYS/load",
    "{device}, $SYS",
  })
  void fitsNoOtherTopic(String pattern, String topic) {
    byte[] body = topic.getBytes(UTF_8);

    assertThat(TopicPattern.of(pattern).fit(body, 0, body.length)).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"a/#/b", "sensors/{name}", "a+/b", "{device}/{device}", "a/b#", "{metric", "x}"})
  void refusesWhatIsNoPattern(String text) {
    assertThat(TopicPattern.problem(text)).contains("; found ");
  }

  @Test
  void saysWhichPatternIsWrong() {
    assertThatThrownBy(() -> TopicPattern.of("sensors/{name}"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("mqtt.topics: sensors/{name} is not ")
        .hasMessageContaining("found {name}");
  }
}
