package dev.sluice.ingest.http;

import dev.sluice.http.ErrorAnswer;
import dev.sluice.http.JsonStrings;
import dev.sluice.ingest.format.Rejections;
import io.helidon.http.Status;

/** The JSON of a 400 that lists what was not kept of a request, and why. Pure. */
final class PartialAnswer {
  private PartialAnswer() {}

  /**
   * @param accepted number of readings kept
   * @param positionName {@code line} or {@code index}
   */
  static String of(int accepted, String positionName, Rejections rejections) {
    String first = positionName + " " + rejections.position(0);
    String message = ErrorAnswer.never(first, rejections.reason(0), rejections.count());
    StringBuilder out = ErrorAnswer.writeHead(Status.BAD_REQUEST_400, message, accepted);
    for (int i = 0; i < rejections.kept(); i++) {
      out.append(i == 0 ? "{\"" : ",{\"").append(positionName).append("\":");
      out.append(rejections.position(i)).append(",\"reason\":");
      JsonStrings.quote(out, rejections.reason(i));
      out.append('}');
    }
    return out.append("]}").toString();
  }
}
