package dev.sluice.cli;

import dev.sluice.cli.text.Human;
import java.io.PrintStream;
import org.jspecify.annotations.Nullable;

/**
 * Prints text without the control characters it may have picked up elsewhere: from a store's
 * version or error, or a device's name. Line feeds and tabs are kept. Bytes are printed unchanged.
 */
final class PlainOut extends PrintStream {
  PlainOut(PrintStream out) {
    super(out, true, out.charset());
  }

  /** All other methods that print text end up here. */
  @Override
  public void print(@Nullable String text) {
    super.print(Human.plain(String.valueOf(text)));
  }
}
