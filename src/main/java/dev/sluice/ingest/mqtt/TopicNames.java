package dev.sluice.ingest.mqtt;

/**
 * What a topic names, as spans of the bytes that it is part of; without bytes, what it does not
 * name.
 */
record TopicNames(int deviceAt, int deviceLength, int metricAt, int metricLength) {
  static final TopicNames NONE = new TopicNames(0, 0, 0, 0);

  TopicNames withDevice(int at, int length) {
    return new TopicNames(at, length, metricAt, metricLength);
  }

  TopicNames withMetric(int at, int length) {
    return new TopicNames(deviceAt, deviceLength, at, length);
  }
}
