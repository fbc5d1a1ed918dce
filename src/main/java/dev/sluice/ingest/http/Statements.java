package dev.sluice.ingest.http;

import dev.sluice.http.JsonStrings;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Answers the few InfluxQL statements that clients send before they write. Sluice has one database,
 * whatever a client calls it, and creates none. A statement that it knows gets a result, and any
 * other gets an error in its result, so that no client takes silence for an empty answer. Pure.
 */
final class Statements {
  /** More than any client sends in one request. */
  private static final int MOST = 100;

  private static final Pattern CREATE_DATABASE = statement("CREATE\\s+DATABASE\\s+\\S.*");
  private static final Pattern SHOW_DATABASES = statement("SHOW\\s+DATABASES");
  private static final Pattern SHOW_RETENTION_POLICIES =
      statement("SHOW\\s+RETENTION\\s+POLICIES(\\s+ON\\s+\\S.*)?");

  private static final String DATABASES =
      "\"series\":[{\"name\":\"databases\",\"columns\":[\"name\"],\"values\":[[\"sluice\"]]}]";
  private static final String RETENTION_POLICIES =
      "\"series\":[{\"columns\":[\"name\",\"duration\",\"shardGroupDuration\",\"replicaN\",\"default\"],"
          + "\"values\":[[\"autogen\",\"0s\",\"168h0m0s\",1,true]]}]";

  private Statements() {}

  /** The JSON answer to statements separated by semicolons. */
  static String answer(String text) {
    StringBuilder json = new StringBuilder("{\"results\":[");
    List<String> statements = split(text);
    for (int i = 0; i < Math.min(MOST, statements.size()); i++) {
      json.append(i == 0 ? "" : ",").append("{\"statement_id\":").append(i);
      append(json, statements.get(i));
      json.append('}');
    }
    return json.append("]}").toString();
  }

  private static void append(StringBuilder json, String statement) {
    if (CREATE_DATABASE.matcher(statement).matches()) {
      return;
    }
    json.append(',');
    if (SHOW_DATABASES.matcher(statement).matches()) {
      json.append(DATABASES);
    } else if (SHOW_RETENTION_POLICIES.matcher(statement).matches()) {
      json.append(RETENTION_POLICIES);
    } else {
      json.append("\"error\":");
      JsonStrings.quote(
          json,
          "Sluice answers CREATE DATABASE, SHOW DATABASES and SHOW RETENTION POLICIES, not \""
              + (statement.length() > 100 ? statement.substring(0, 100) + "…" : statement)
              + "\"; readings are read with GET /v1/readings");
    }
  }

  /** Splits at semicolons outside quotes; a blank statement counts only if there is no other. */
  private static List<String> split(String text) {
    List<String> statements = new ArrayList<>();
    int from = 0;
    char quote = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (quote != 0) {
        i += c == '\\' ? 1 : 0;
        quote = c == quote ? 0 : quote;
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == ';') {
        add(statements, text.substring(from, i));
        from = i + 1;
      }
    }
    add(statements, text.substring(from));
    if (statements.isEmpty()) {
      statements.add("");
    }
    return statements;
  }

  private static void add(List<String> statements, String statement) {
    if (!statement.isBlank()) {
      statements.add(statement.strip());
    }
  }

  private static Pattern statement(String regex) {
    return Pattern.compile(regex, Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
  }
}
