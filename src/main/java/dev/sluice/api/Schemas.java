package dev.sluice.api;

import jakarta.json.Json;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.AnnotatedParameterizedType;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * JSON schemas (2020-12) of the records of this package, as the mapper writes them. Confined to one
 * thread.
 */
public final class Schemas {
  /** Where a document keeps them. */
  public static final String PREFIX = "#/components/schemas/";

  private static final Set<Type> WHOLE =
      Set.of(long.class, Long.class, int.class, Integer.class, short.class, byte.class);
  private static final Set<Type> FRACTIONS =
      Set.of(double.class, Double.class, float.class, Float.class);
  private static final Set<Type> BOOLEANS = Set.of(boolean.class, Boolean.class);

  private final Map<String, JsonObject> byName = new TreeMap<>();

  private Schemas() {}

  /**
   * The schemas of these records and of those they hold, by name: {@code Status}, {@code
   * Status.Journal}.
   *
   * @param names of records in this package
   * @throws IllegalArgumentException if there is no record of such a name
   */
  public static Map<String, JsonObject> of(Collection<String> names) {
    Schemas schemas = new Schemas();
    for (String name : names) {
      schemas.add(record(name));
    }
    return schemas.byName;
  }

  private static Class<?> record(String name) {
    String binary = Schemas.class.getPackageName() + "." + name.replace('.', '$');
    try {
      Class<?> type = Class.forName(binary);
      if (type.isRecord()) {
        return type;
      }
    } catch (ClassNotFoundException e) {
      throw new IllegalArgumentException("there is no record " + binary, e);
    }
    throw new IllegalArgumentException(binary + " is no record");
  }

  private void add(Class<?> type) {
    String name = name(type);
    if (byName.containsKey(name)) {
      return;
    }
    byName.put(name, JsonObject.EMPTY_JSON_OBJECT); // it may hold itself
    JsonObjectBuilder properties = Json.createObjectBuilder();
    JsonArrayBuilder required = Json.createArrayBuilder();
    for (RecordComponent component : type.getRecordComponents()) {
      String member = dev.sluice.api.Json.InOrder.name(component);
      boolean nullable = isNullable(component.getAnnotatedType());
      boolean leftOut =
          nullable && !dev.sluice.api.Json.InOrder.isNillable(component.getAccessor());
      JsonObject schema = schema(component.getAnnotatedType());
      properties.add(member, nullable && !leftOut ? orNull(schema) : schema);
      if (!leftOut) {
        required.add(member);
      }
    }
    byName.put(
        name,
        Json.createObjectBuilder()
            .add("type", "object")
            .add("properties", properties)
            .add("required", required)
            .build());
  }

  private JsonObject schema(AnnotatedType annotated) {
    Type type = annotated.getType();
    if (WHOLE.contains(type)) {
      return of("integer");
    }
    if (FRACTIONS.contains(type)) {
      return of("number");
    }
    if (BOOLEANS.contains(type)) {
      return of("boolean");
    }
    if (type == String.class) {
      return of("string");
    }
    if (type == Instant.class) {
      return text("date-time");
    }
    if (type == LocalDate.class) {
      return text("date");
    }
    if (type instanceof ParameterizedType parameterized) {
      return collection(parameterized, (AnnotatedParameterizedType) annotated);
    }
    if (type instanceof Class<?> record && record.isRecord()) {
      add(record);
      return Json.createObjectBuilder().add("$ref", PREFIX + name(record)).build();
    }
    throw new IllegalArgumentException("no schema is known for " + type);
  }

  private JsonObject collection(ParameterizedType type, AnnotatedParameterizedType annotated) {
    AnnotatedType[] arguments = annotated.getAnnotatedActualTypeArguments();
    AnnotatedType held = arguments[arguments.length - 1];
    JsonObject each = isNullable(held) ? orNull(schema(held)) : schema(held);
    JsonObjectBuilder schema = Json.createObjectBuilder();
    return type.getRawType() == Map.class
        ? schema.add("type", "object").add("additionalProperties", each).build()
        : schema.add("type", "array").add("items", each).build();
  }

  private static JsonObject of(String type) {
    return Json.createObjectBuilder().add("type", type).build();
  }

  private static JsonObject text(String format) {
    return Json.createObjectBuilder().add("type", "string").add("format", format).build();
  }

  private static JsonObject orNull(JsonObject schema) {
    return Json.createObjectBuilder()
        .add("anyOf", Json.createArrayBuilder().add(schema).add(of("null")))
        .build();
  }

  private static boolean isNullable(AnnotatedElement element) {
    return element.isAnnotationPresent(Nullable.class);
  }

  /** Without the package: {@code Status.Journal}. */
  private static String name(Class<?> type) {
    return type.getName().substring(Schemas.class.getPackageName().length() + 1).replace('$', '.');
  }
}
