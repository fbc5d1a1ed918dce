package dev.sluice.store.mysql;

import java.util.ArrayList;
import java.util.List;

/** Collects what prevents a table from being used. Confined to one thread. */
final class Objections {
  static final String ALTER = "ALTER TABLE sensor_data ";

  /**
   * One thing that prevents the table from being used.
   *
   * @param what what is wrong
   * @param mend statements that fix it, to be run in one session; empty if none can
   * @param note what to know first, or to do instead; may be empty
   */
  record Objection(String what, List<String> mend, String note) {
    Objection {
      mend = List.copyOf(mend);
    }

    @Override
    public String toString() {
      return what
          + (mend.isEmpty() ? "" : "; run: " + String.join("; ", mend) + ";")
          + (note.isEmpty() ? "" : " -- " + note);
    }
  }

  private final List<Objection> all = new ArrayList<>();

  List<Objection> all() {
    return List.copyOf(all);
  }

  void refuse(String what, String mend) {
    refuse(what, List.of(mend), "");
  }

  void refuse(String what, String mend, String note) {
    refuse(what, List.of(mend), note);
  }

  /** Refuses something that no statement can fix. */
  void advise(String what, String note) {
    refuse(what, List.of(), note);
  }

  void refuse(String what, List<String> mend, String note) {
    all.add(new Objection(what, mend, note));
  }

  static String quoted(String name) {
    return name.matches("\\w+") ? name : "`" + name.replace("`", "``") + "`";
  }
}
