package dev.sluice.admin;

import jakarta.json.Json;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonValue;
import java.lang.reflect.RecordComponent;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A record as a JSON object: members in snake case, those that are null left out. */
final class RecordJson {
  private RecordJson() {}

  static JsonObject of(Record record) {
    JsonObjectBuilder json = Json.createObjectBuilder();
    for (RecordComponent component : record.getClass().getRecordComponents()) {
      try {
        Object value = component.getAccessor().invoke(record);
        if (value != null) {
          String name = component.getName().replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
          json.add(name, value(value));
        }
      } catch (ReflectiveOperationException e) {
        throw new AssertionError(record.getClass() + " is public, and so is what it has", e);
      }
    }
    return json.build();
  }

  private static JsonValue value(Object value) {
    return switch (value) {
      case Record record -> of(record);
      case List<?> list -> {
        JsonArrayBuilder array = Json.createArrayBuilder();
        list.forEach(item -> array.add(value(item)));
        yield array.build();
      }
      case Map<?, ?> map -> {
        JsonObjectBuilder object = Json.createObjectBuilder();
        map.forEach((name, item) -> object.add(name.toString(), value(item)));
        yield object.build();
      }
      case Integer number -> Json.createValue(number);
      case Long number -> Json.createValue(number);
      case Double number -> Json.createValue(number);
      default -> Json.createValue(value.toString());
    };
  }
}
