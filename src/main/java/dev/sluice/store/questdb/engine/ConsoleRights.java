package dev.sluice.store.questdb.engine;

import io.questdb.cairo.CairoException;
import io.questdb.cairo.security.ReadOnlySecurityContext;

/** Reading tables, and nothing else: QuestDB's own read-only user may also administer. */
final class ConsoleRights extends ReadOnlySecurityContext {
  static final ConsoleRights CONSOLE = new ConsoleRights();

  /** Names those who are in at the console or the PG wire, in the engine's list of queries. */
  static final String PRINCIPAL = "console";

  private ConsoleRights() {}

  @Override
  public void authorizeSettings() {
    throw denied();
  }

  @Override
  public void authorizeSqlEngineAdmin() {
    throw denied();
  }

  @Override
  public void authorizeSystemAdmin() {
    throw denied();
  }

  @Override
  public boolean isSystemAdmin() {
    return false;
  }

  @Override
  public CharSequence getPrincipal() {
    return PRINCIPAL;
  }

  private static CairoException denied() {
    return CairoException.authorization().put("permission denied: this console only reads");
  }
}
