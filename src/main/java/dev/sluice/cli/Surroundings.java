package dev.sluice.cli;

import dev.sluice.cli.text.Human;
import dev.sluice.cli.text.Terminal;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.Map;

/**
 * What a command that talks to a running Sluice finds around it.
 *
 * @param environment variables it may read
 * @param out where reports go
 */
record Surroundings(
    Map<String, String> environment, PrintStream out, Terminal terminal, Patience patience) {

  /** The same, with reports that are safe for a terminal whoever wrote what they quote. */
  Surroundings plain() {
    return new Surroundings(environment, new PlainOut(out), terminal, patience);
  }

  /** A JSON body as it came, ending in one line break. */
  void printAsItCame(String body) {
    out.print(Human.plainJson(body.strip()) + System.lineSeparator());
  }

  /** Follows a run, without a word when only the last answer is asked for. */
  Watch watch(boolean silent) {
    return new Watch(
        terminal, patience, silent ? new PrintStream(OutputStream.nullOutputStream()) : out);
  }
}
