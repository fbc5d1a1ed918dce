package dev.sluice.files;

import dev.sluice.files.AtomicFile.Step;
import java.io.IOException;

/** Writers that break a replacement off. */
final class Broken {
  private Broken() {}

  /** The process ends here. */
  static final class Killed extends Error {
    private static final long serialVersionUID = 1;
  }

  static AtomicFile killedAfter(Step last) {
    return new AtomicFile(step -> {
      if (step == last) {
        throw new Killed();
      }
    });
  }

  static AtomicFile failingAfter(Step last) {
    return new AtomicFile(step -> {
      if (step == last) {
        throw new IOException("input/output error");
      }
    });
  }
}
