package dev.sluice.ingest.mqtt;

import java.util.Locale;

/** What became of a message for good. */
public enum Fate {
  /** All of its readings are in the journal. */
  KEPT(0x00),
  /** Its payload, or a part of it, is nothing that can be stored. */
  PAYLOAD(0x99),
  /** Its topic fits none of {@code mqtt.topics}. */
  TOPIC(0x90),
  /** It, or what its readings need, is more than one request may have. */
  TOO_LARGE(0x97),
  /** Its connection was gone before the journal had room; its sender was promised nothing. */
  LOST(0x80);

  private final int reasonCode;

  Fate(int reasonCode) {
    this.reasonCode = reasonCode;
  }

  /** Of a PUBACK or PUBREC in MQTT 5; tells a client to drop the message if it is 0x80 or more. */
  byte reasonCode() {
    return (byte) reasonCode;
  }

  /** In lower case. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
