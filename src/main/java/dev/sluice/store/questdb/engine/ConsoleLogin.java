package dev.sluice.store.questdb.engine;

import dev.sluice.files.PrivateFiles;
import dev.sluice.store.questdb.QuestDbConfig;
import java.io.IOException;

/** Who may use the console and the PG wire of the embedded engine. Never prints the password. */
record ConsoleLogin(String user, String password) {
  /** The login that these settings name; its password is made on first use if they set none. */
  static ConsoleLogin of(QuestDbConfig config) throws IOException {
    return new ConsoleLogin(QuestDbConfig.CONSOLE_USER, password(config));
  }

  private static String password(QuestDbConfig config) throws IOException {
    if (config.consolePassword().isPresent()) {
      return config.consolePassword().orElseThrow();
    }
    // Without a server there is nobody to ask for it.
    return config.hasServers() ? PrivateFiles.secret(config.consolePasswordFile()) : "";
  }

  @Override
  public String toString() {
    return user;
  }
}
