package dev.sluice.store.questdb.engine;

import io.questdb.FactoryProvider;
import io.questdb.FactoryProviderFactory;
import io.questdb.FactoryProviderImpl;
import io.questdb.ServerConfiguration;
import io.questdb.cairo.security.SecurityContextFactory;
import io.questdb.cutlass.http.EmptyHttpSessionStore;
import io.questdb.cutlass.http.HttpAuthenticatorFactory;
import io.questdb.cutlass.http.HttpSessionStore;

/**
 * Who gets in at the console and the PG wire, and what they may do there. There are no sessions: a
 * cookie would be sent along by requests that another site's page makes.
 */
final class ConsoleDoors extends FactoryProviderImpl {
  private final ConsoleLogin login;

  private ConsoleDoors(ServerConfiguration settings, ConsoleLogin login) {
    super(settings);
    this.login = login;
  }

  /** Makes the doors of an engine. */
  static FactoryProviderFactory of(ConsoleLogin login) {
    return (settings, engine, freeOnExit) -> {
      FactoryProvider doors = new ConsoleDoors(settings, login);
      return freeOnExit.register(doors);
    };
  }

  @Override
  public HttpAuthenticatorFactory getHttpAuthenticatorFactory() {
    return () -> new ConsoleAuthenticator(login);
  }

  @Override
  public HttpSessionStore getHttpSessionStore() {
    return EmptyHttpSessionStore.INSTANCE;
  }

  @Override
  public SecurityContextFactory getSecurityContextFactory() {
    return (who, door) -> ConsoleRights.CONSOLE;
  }
}
