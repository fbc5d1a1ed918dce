package dev.sluice.cli;

import dev.sluice.cli.text.Human;
import dev.sluice.cli.text.Terminal;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.Map;

/**
 * What the process provides to a command that talks to a running Sluice.
 *
 * @param environment variables that the command may read
 * @param in what is typed or piped into the process
 * @param out where reports go
 */
record Surroundings(
    Map<String, String> environment,
    InputStream in,
    PrintStream out,
    Terminal terminal,
    Patience patience) {

  /**
   * Returns a copy whose reports are safe for a terminal, wherever the text they quote comes from.
   */
  Surroundings plain() {
    return new Surroundings(environment, in, new PlainOut(out), terminal, patience);
  }

  /** Prints a JSON body as it came, followed by exactly one line break. */
  void printAsItCame(String body) {
    out.print(Human.plainJson(body.strip()) + System.lineSeparator());
  }

  /** Creates a watch, which prints nothing if only the last answer is wanted. */
  Watch watch(boolean silent) {
    return new Watch(
        terminal, patience, silent ? new PrintStream(OutputStream.nullOutputStream()) : out);
  }
}
