package dev.sluice.ingest.format.otlp;

import dev.sluice.ingest.format.BodyText;

/**
 * One attribute of a resource or a data point, as its codec reads it. Key and value are references
 * into the codec's {@link BodyText}. Confined to that codec, which reuses it.
 */
final class Attribute {
  private final BodyText text;
  int keyAt;
  int keyLength;
  int valueAt;
  int valueLength;

  /** What the value is if it cannot be written as a text; empty if it can. */
  String unusable = "";

  Attribute(BodyText text) {
    this.text = text;
  }

  /** Starts over: an empty key, and a value that is empty, too. */
  void clear() {
    keyAt = 0;
    keyLength = 0;
    clearValue();
  }

  /** Takes the codec's last text for the key. */
  void key() {
    keyAt = text.at();
    keyLength = text.length();
  }

  /** Takes the codec's last text for the value. */
  void value() {
    valueAt = text.at();
    valueLength = text.length();
    unusable = "";
  }

  void value(boolean bit) {
    value(bit ? "true" : "false");
  }

  void value(long number) {
    value(Long.toString(number));
  }

  void value(double number) {
    value(Numbers.text(number));
  }

  /** Forgets the value: it is empty now. */
  void clearValue() {
    valueAt = 0;
    valueLength = 0;
    unusable = "";
  }

  /** Notes that the value is no text, number or boolean, but this. */
  void unusable(String kind) {
    clearValue();
    unusable = kind;
  }

  private void value(String written) {
    Numbers.hold(written, text);
    value();
  }
}
