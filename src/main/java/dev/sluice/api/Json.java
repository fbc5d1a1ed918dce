package dev.sluice.api;

import jakarta.json.JsonReader;
import jakarta.json.JsonReaderFactory;
import jakarta.json.bind.JsonbBuilder;
import jakarta.json.bind.annotation.JsonbNillable;
import jakarta.json.bind.annotation.JsonbProperty;
import jakarta.json.bind.serializer.JsonbSerializer;
import jakarta.json.bind.serializer.SerializationContext;
import jakarta.json.stream.JsonGenerator;
import java.io.StringReader;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.eclipse.yasson.YassonConfig;
import org.eclipse.yasson.YassonJsonb;
import org.jspecify.annotations.Nullable;

/**
 * Maps public records to JSON objects and back, as the package says; maps keep their order.
 * Thread-safe.
 */
public final class Json {
  private static final YassonJsonb JSONB =
      (YassonJsonb)
          JsonbBuilder.create(
              new YassonConfig()
                  .withUserTypeMapping(Map.of(Map.class, LinkedHashMap.class))
                  .withPropertyNamingStrategy(Json::snakeCase)
                  .withNullValues(true)
                  .withSerializers(new InOrder()));

  /** By default Parsson stops after 15 million characters; a parity map of ten years has more. */
  private static final JsonReaderFactory READERS =
      jakarta.json.Json.createReaderFactory(
          Map.of("org.eclipse.parsson.maxParsingLimit", Integer.MAX_VALUE));

  private Json() {}

  /** The text is not a JSON object that the record can hold; the message says where. */
  public static final class MalformedException extends Exception {
    private static final long serialVersionUID = 1;

    private MalformedException(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /** The record as a JSON object on one line, without a newline. */
  public static String write(Record value) {
    return JSONB.toJson(value);
  }

  /**
   * The record that {@link #write} wrote. Absent members are null, zero or false.
   *
   * @throws MalformedException if the text is anything but a JSON object, or a member has another
   *     type than its component
   */
  public static <T extends Record> T read(String text, Class<T> type) throws MalformedException {
    // All of it first: the mapper would wait forever for the end of an unknown array cut short.
    try (JsonReader reader = READERS.createReader(new StringReader(text))) {
      return JSONB.fromJsonStructure(reader.readObject(), type);
    } catch (RuntimeException e) {
      // mostly JsonException, but not if the nesting is too deep
      throw new MalformedException(String.valueOf(e.getMessage()), e);
    }
  }

  private static String snakeCase(String name) {
    return name.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
  }

  /** Writes components in the order of declaration; Yasson only knows the order of names. */
  static final class InOrder implements JsonbSerializer<Record> {
    @Override
    public void serialize(Record value, JsonGenerator out, SerializationContext context) {
      out.writeStartObject();
      for (RecordComponent component : value.getClass().getRecordComponents()) {
        write(component, value, out, context);
      }
      out.writeEnd();
    }

    private static void write(
        RecordComponent component, Record record, JsonGenerator out, SerializationContext context) {
      String name = name(component);
      Object value = value(component.getAccessor(), record);
      if (value != null) {
        context.serialize(name, value, out);
      } else if (isNillable(component.getAccessor())) {
        out.writeNull(name);
      }
    }

    /** The name of its member. */
    static String name(RecordComponent component) {
      JsonbProperty annotation = component.getAccessor().getAnnotation(JsonbProperty.class);
      return annotation == null ? snakeCase(component.getName()) : annotation.value();
    }

    private static @Nullable Object value(Method accessor, Record record) {
      try {
        return accessor.invoke(record);
      } catch (ReflectiveOperationException e) {
        throw new LinkageError(record.getClass() + " is public, and so is what it has", e);
      }
    }

    /** Whether null is written, rather than left out. */
    static boolean isNillable(Method accessor) {
      JsonbNillable annotation = accessor.getAnnotation(JsonbNillable.class);
      return annotation == null || annotation.value();
    }
  }
}
