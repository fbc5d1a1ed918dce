package dev.sluice.query.http;

import dev.sluice.http.JsonStrings;
import dev.sluice.reading.Micros;
import dev.sluice.reading.Reading;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** How a page is written. */
enum PageFormat {
  JSON("application/json") {
    @Override
    void begin(StringBuilder out, String source) {
      out.append("{\"source\":");
      JsonStrings.quote(out, source);
      out.append(",\"readings\":[");
    }

    @Override
    void row(StringBuilder out, Reading reading, boolean first) {
      out.append(first ? "{\"device_id\":" : ",{\"device_id\":");
      JsonStrings.quote(out, reading.device());
      out.append(",\"metric\":");
      JsonStrings.quote(out, reading.metric());
      out.append(",\"ts\":\"");
      timestamp(out, reading.tsMicros());
      out.append("\",\"value\":").append(reading.value()).append('}');
    }

    @Override
    void end(StringBuilder out, String next) {
      out.append(']');
      if (!next.isEmpty()) {
        out.append(",\"next\":");
        JsonStrings.quote(out, next);
      }
      out.append('}');
    }
  },

  /** RFC 4180, with a header line. */
  CSV("text/csv; charset=utf-8; header=present") {
    @Override
    void begin(StringBuilder out, String source) {
      out.append("device_id,metric,ts,value\r\n");
    }

    @Override
    void row(StringBuilder out, Reading reading, boolean first) {
      field(out, reading.device());
      out.append(',');
      field(out, reading.metric());
      out.append(',');
      timestamp(out, reading.tsMicros());
      out.append(',').append(reading.value()).append("\r\n");
    }

    @Override
    void end(StringBuilder out, String next) {
      // Only a header can say where the next page starts.
    }
  };

  private static final DateTimeFormatter TIMESTAMP =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  final String contentType;

  PageFormat(String contentType) {
    this.contentType = contentType;
  }

  abstract void begin(StringBuilder out, String source);

  abstract void row(StringBuilder out, Reading reading, boolean first);

  /**
   * Ends the page.
   *
   * @param next token of the next page, or empty
   */
  abstract void end(StringBuilder out, String next);

  /** ISO 8601 in UTC, always to the microsecond. */
  private static void timestamp(StringBuilder out, long micros) {
    TIMESTAMP.formatTo(Micros.instant(micros), out);
  }

  private static void field(StringBuilder out, String text) {
    if (text.indexOf(',') < 0 && text.indexOf('"') < 0) {
      out.append(text);
    } else {
      out.append('"').append(text.replace("\"", "\"\"")).append('"');
    }
  }
}
