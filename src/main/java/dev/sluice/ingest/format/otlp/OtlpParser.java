package dev.sluice.ingest.format.otlp;

import dev.sluice.ingest.format.Codec;
import dev.sluice.ingest.format.DevicePrefix;
import dev.sluice.ingest.format.Remarks;
import dev.sluice.reading.MemoryClaim;
import java.util.List;

/**
 * The codecs of one work area for OTLP metrics. Positions are data points of the request, counted
 * from 0. Both make the same readings of the same request. Confined to one request at a time and
 * reusable.
 */
public final class OtlpParser {
  static final String POSITION = "data point";

  private final Codec protobuf;
  private final Codec json;

  /**
   * Creates codecs to be reused for one request after another.
   *
   * @param deviceAttributes attributes that name the device; the first one present is used, of the
   *     resource before those of the data point
   * @param devices asked about the device of every data point
   * @param remarks counts what is left out, and readings stored with the time of receipt
   * @param memory called with the number of additional bytes before memory grows; what it throws is
   *     thrown by the parse, which leaves buffer and rejections undefined
   */
  public OtlpParser(
      List<String> deviceAttributes, DevicePrefix devices, Remarks remarks, MemoryClaim memory) {
    this.protobuf = new ProtobufCodec(deviceAttributes, devices, remarks, memory);
    this.json = new JsonCodec(deviceAttributes, devices, remarks, memory);
  }

  /** For {@code application/x-protobuf}. */
  public Codec protobuf() {
    return protobuf;
  }

  /** For {@code application/json}. */
  public Codec json() {
    return json;
  }
}
