package dev.sluice.ingest.http;

import dev.sluice.http.JsonStrings;

/**
 * The bucket and the organization that clients of InfluxDB 2 look up before they write. Sluice has
 * one of each, whatever a client calls it: what is asked for is found. Pure.
 */
final class Namesakes {
  /** An id as InfluxDB's are: 16 hexadecimal digits. */
  private static final String ID = "0000000000000001";

  private static final String SINCE = "2000-01-01T00:00:00Z";
  private static final String UNNAMED = "sluice";

  private Namesakes() {}

  /** The JSON list of one bucket of this name; an empty name is {@code sluice}. */
  static String bucket(String name) {
    StringBuilder json = new StringBuilder(256);
    json.append("{\"buckets\":[{\"id\":\"").append(ID).append("\",\"orgID\":\"").append(ID);
    json.append("\",\"type\":\"user\",\"name\":");
    JsonStrings.quote(json, name.isEmpty() ? UNNAMED : name);
    return end(json.append(",\"retentionRules\":[]"));
  }

  /** The JSON list of one organization of this name; an empty name is {@code sluice}. */
  static String organization(String name) {
    StringBuilder json = new StringBuilder(256);
    json.append("{\"orgs\":[{\"id\":\"").append(ID).append("\",\"name\":");
    JsonStrings.quote(json, name.isEmpty() ? UNNAMED : name);
    return end(json);
  }

  private static String end(StringBuilder json) {
    return json.append(",\"createdAt\":\"")
        .append(SINCE)
        .append("\",\"updatedAt\":\"")
        .append(SINCE)
        .append("\"}]}")
        .toString();
  }
}
