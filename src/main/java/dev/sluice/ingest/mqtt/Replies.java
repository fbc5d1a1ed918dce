package dev.sluice.ingest.mqtt;

import io.netty.handler.codec.mqtt.MqttConnAckMessage;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttFixedHeader;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttMessageIdAndPropertiesVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttPubReplyMessageVariableHeader;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttReasonCodeAndPropertiesVariableHeader;
import io.netty.handler.codec.mqtt.MqttReasonCodes;
import io.netty.handler.codec.mqtt.MqttSubAckMessage;
import io.netty.handler.codec.mqtt.MqttSubAckPayload;
import io.netty.handler.codec.mqtt.MqttSubscribeMessage;
import io.netty.handler.codec.mqtt.MqttUnsubAckMessage;
import io.netty.handler.codec.mqtt.MqttUnsubAckPayload;
import io.netty.handler.codec.mqtt.MqttUnsubscribeMessage;
import java.util.Collections;
import java.util.regex.Pattern;

/**
 * The packets that one client gets, in its version of MQTT. Immutable.
 *
 * @param v5 whether the client speaks MQTT 5
 * @param reasons whether it may be told a reason in words
 */
record Replies(boolean v5, boolean reasons) {
  /** The largest packet that a reason makes fits into this, so smaller clients get none. */
  static final int MOST_BYTES = 2 * 1024;

  private static final int MOST_REASON = 500;
  private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");
  private static final int V3_REFUSED = 0x80;
  private static final short NO_SUBSCRIPTION = 0x11;
  private static final String NO_BROKER =
      "Sluice takes readings in and is no broker: nothing can be subscribed to";

  /** Says that the client is connected, and what it may do. */
  static MqttConnAckMessage connected(MqttProperties properties) {
    return MqttMessageBuilders.connAck()
        .returnCode(MqttConnectReturnCode.CONNECTION_ACCEPTED)
        .sessionPresent(false)
        .properties(properties)
        .build();
  }

  /** Refuses a CONNECT. */
  MqttConnAckMessage refused(
      MqttConnectReturnCode inV3, MqttConnectReturnCode inV5, String reason) {
    return MqttMessageBuilders.connAck()
        .returnCode(v5 ? inV5 : inV3)
        .sessionPresent(false)
        .properties(because(reason))
        .build();
  }

  /** What is sent for a PUBLISH of QoS 1 or 2, once nothing more can become of the message. */
  MqttMessage settled(Message message, Answer answer) {
    MqttMessageType type = message.qos() == 1 ? MqttMessageType.PUBACK : MqttMessageType.PUBREC;
    return reply(type, message.packetId(), answer.fate().reasonCode(), because(answer.reason()));
  }

  /** Ends the exchange of a message with QoS 2; what it promises, the PUBREC has said before. */
  MqttMessage complete(int packetId) {
    return reply(MqttMessageType.PUBCOMP, packetId, (byte) 0, MqttProperties.NO_PROPERTIES);
  }

  private static MqttMessage reply(
      MqttMessageType type, int packetId, byte reasonCode, MqttProperties properties) {
    return new MqttMessage(
        new MqttFixedHeader(type, false, MqttQoS.AT_MOST_ONCE, false, 0),
        new MqttPubReplyMessageVariableHeader(packetId, reasonCode, properties));
  }

  /** Refuses every subscription. */
  MqttSubAckMessage noBroker(MqttSubscribeMessage packet) {
    int code =
        v5 ? MqttReasonCodes.SubAck.IMPLEMENTATION_SPECIFIC_ERROR.byteValue() & 0xff : V3_REFUSED;
    return new MqttSubAckMessage(
        new MqttFixedHeader(MqttMessageType.SUBACK, false, MqttQoS.AT_MOST_ONCE, false, 0),
        new MqttMessageIdAndPropertiesVariableHeader(
            packet.variableHeader().messageId(), because(NO_BROKER)),
        new MqttSubAckPayload(
            Collections.nCopies(packet.payload().topicSubscriptions().size(), code)));
  }

  /** There was no such subscription. */
  MqttUnsubAckMessage noBroker(MqttUnsubscribeMessage packet) {
    int id = packet.variableHeader().messageId();
    return new MqttUnsubAckMessage(
        new MqttFixedHeader(MqttMessageType.UNSUBACK, false, MqttQoS.AT_MOST_ONCE, false, 0),
        new MqttMessageIdAndPropertiesVariableHeader(id, MqttProperties.NO_PROPERTIES),
        new MqttUnsubAckPayload(
            Collections.nCopies(packet.payload().topics().size(), NO_SUBSCRIPTION)));
  }

  static MqttMessage alive() {
    return MqttMessage.PINGRESP;
  }

  /** The last packet before the connection is closed; clients of MQTT 3 get none. */
  MqttMessage goodbye(MqttReasonCodes.Disconnect code, String reason) {
    return new MqttMessage(
        new MqttFixedHeader(MqttMessageType.DISCONNECT, false, MqttQoS.AT_MOST_ONCE, false, 0),
        new MqttReasonCodeAndPropertiesVariableHeader(code.byteValue(), because(reason)));
  }

  private MqttProperties because(String reason) {
    if (!v5 || !reasons || reason.isEmpty()) {
      return MqttProperties.NO_PROPERTIES;
    }
    MqttProperties properties = new MqttProperties();
    properties.add(new MqttProperties.StringProperty(MqttProperties.REASON_STRING, fit(reason)));
    return properties;
  }

  /** A reason that fits into a property, whatever it quotes. */
  private static String fit(String reason) {
    String printable = CONTROL.matcher(reason).replaceAll("?");
    if (printable.length() <= MOST_REASON) {
      return printable;
    }
    int end = Character.isHighSurrogate(printable.charAt(MOST_REASON - 1)) ? 1 : 0;
    return printable.substring(0, MOST_REASON - end);
  }
}
