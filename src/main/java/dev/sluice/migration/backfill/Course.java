package dev.sluice.migration.backfill;

/** In which order the rows are copied. */
enum Course {
  /** In the order of ids, each row inspected while it is copied: where ids run with time. */
  BY_ID,
  /** In the order of time, a day after the other, once all rows were inspected. */
  BY_TIME;

  /** The spelling in files and JSON. */
  String label() {
    return this == BY_ID ? "id" : "time";
  }

  static Course of(String label) {
    return switch (label) {
      case "id" -> BY_ID;
      case "time" -> BY_TIME;
      default -> throw new IllegalArgumentException("there is no walk by " + label);
    };
  }
}
