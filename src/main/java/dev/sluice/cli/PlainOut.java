package dev.sluice.cli;

import dev.sluice.cli.text.Human;
import java.io.PrintStream;
import org.jspecify.annotations.Nullable;

/**
 * Prints text without the control characters that somebody else may have put into it: a store's
 * version or error, a device's name. Line feeds and tabs stay. Bytes are printed as they are.
 */
final class PlainOut extends PrintStream {
  PlainOut(PrintStream out) {
    super(out, true, out.charset());
  }

  /** What every other way to print text ends in. */
  @Override
  public void print(@Nullable String text) {
    super.print(Human.plain(String.valueOf(text)));
  }
}
