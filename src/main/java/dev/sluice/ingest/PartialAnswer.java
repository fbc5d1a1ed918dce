package dev.sluice.ingest;

import dev.sluice.http.JsonStrings;

/** The JSON of a 400: what was kept of a request, and what was not and why. Pure. */
final class PartialAnswer {
  private PartialAnswer() {}

  /**
   * @param accepted readings kept
   * @param positionName {@code line} or {@code index}
   */
  static String partial(int accepted, String positionName, Rejections rejections) {
    String message =
        "partial write: "
            + positionName
            + " "
            + rejections.position(0)
            + ": "
            + rejections.reason(0)
            + " dropped="
            + rejections.count();
    StringBuilder out = head(message, accepted);
    for (int i = 0; i < rejections.kept(); i++) {
      out.append(i == 0 ? "{\"" : ",{\"").append(positionName).append("\":");
      out.append(rejections.position(i)).append(",\"reason\":");
      JsonStrings.quote(out, rejections.reason(i));
      out.append('}');
    }
    return out.append("]}").toString();
  }

  /** For a request of which nothing was kept and no part is to be named. */
  static String nothing(String message) {
    return head(message, 0).append("]}").toString();
  }

  private static StringBuilder head(String message, int accepted) {
    StringBuilder out = new StringBuilder(256);
    out.append("{\"code\":\"invalid\",\"message\":");
    JsonStrings.quote(out, message);
    out.append(",\"error\":");
    JsonStrings.quote(out, message);
    return out.append(",\"accepted\":").append(accepted).append(",\"rejected\":[");
  }
}
