package dev.sluice.store.questdb.remote;

import dev.sluice.reading.Counted;
import jakarta.json.Json;
import jakarta.json.JsonException;
import jakarta.json.stream.JsonParser;
import jakarta.json.stream.JsonParserFactory;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The rows of a response from {@code /exec}, read as they arrive: {@code
 * {"columns":[{...}],"dataset":[[...],...],"count":n}}. Confined to one thread.
 *
 * <p>A server that fails in the middle of its rows can no longer report it, so rows without a
 * matching count at the end are an {@link IOException}, and so is a response that breaks off.
 */
final class AnswerRows implements AutoCloseable {
  /**
   * By default Parsson rejects a document after 15 million characters: a page of a scan has more.
   */
  private static final JsonParserFactory PARSERS =
      Json.createParserFactory(Map.of("org.eclipse.parsson.maxParsingLimit", Integer.MAX_VALUE));

  private final String question;
  private final JsonParser json;
  private final List<String> row = new ArrayList<>();
  private String key = "";
  private boolean inRows;
  private long rows;
  private long count = -1;

  /**
   * @param question which server was asked what, for error messages
   */
  AnswerRows(String question, InputStream body) {
    this.question = question;
    this.json = PARSERS.createParser(body);
  }

  /** Moves to the next row; false after the last one. */
  boolean next() throws IOException {
    row.clear();
    try {
      while (json.hasNext()) {
        if (rowEnds(json.next())) {
          rows++;
          return true;
        }
      }
    } catch (JsonException | IllegalStateException e) {
      throw new IOException(
          "the answer of %s broke off after %s".formatted(question, Counted.of(rows, "row")), e);
    }
    if (inRows && count != rows) {
      throw new IOException(
          "the answer of %s ended after %s without its final count"
              .formatted(question, Counted.of(rows, "row")));
    }
    return false;
  }

  /** The row's values as text, NULL as an empty one; valid until {@link #next()}. */
  List<String> row() {
    return row;
  }

  private boolean rowEnds(JsonParser.Event event) {
    switch (event) {
      case KEY_NAME -> {
        key = json.getString();
        inRows |= key.equals("dataset");
      }
      case START_ARRAY, START_OBJECT -> row.clear();
      case END_ARRAY -> {
        return key.equals("dataset") && !row.isEmpty();
      }
      case VALUE_STRING -> row.add(json.getString());
      case VALUE_NUMBER -> number(json.getString());
      case VALUE_TRUE -> row.add("true");
      case VALUE_FALSE -> row.add("false");
      case VALUE_NULL -> row.add("");
      case END_OBJECT -> {}
    }
    return false;
  }

  private void number(String text) {
    if (key.equals("count")) {
      count = Long.parseLong(text);
    } else {
      row.add(text);
    }
  }

  @Override
  public void close() {
    try {
      json.close();
    } catch (JsonException e) {
      // The rest of the response is not needed.
    }
  }
}
