package dev.sluice.http.tls;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/** Makes the JDK's contexts from certificates and keys. Stateless. */
final class Contexts {
  /** How long a session may be resumed, and so a client's certificate go unchecked. */
  private static final int SESSION_SECONDS = 3600;

  /** Sessions of clients that know no tickets, and are therefore kept here; about 3 KiB each. */
  private static final int MOST_SESSIONS = 5_000;

  private static final char[] IN_MEMORY = {};

  private Contexts() {}

  static SSLContext ofServer(Identity identity) throws GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys(identity.chain(), identity.key()), trust(identity.clientCas()), null);
    context.getServerSessionContext().setSessionTimeout(SESSION_SECONDS);
    context.getServerSessionContext().setSessionCacheSize(MOST_SESSIONS);
    return context;
  }

  static KeyManager[] keys(List<X509Certificate> chain, PrivateKey key)
      throws GeneralSecurityException {
    KeyStore store = empty();
    store.setKeyEntry("sluice", key, IN_MEMORY, chain.toArray(Certificate[]::new));
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, IN_MEMORY);
    return factory.getKeyManagers();
  }

  /** Trusts whoever one of these has issued a certificate for; nobody if there is none. */
  static TrustManager[] trust(List<X509Certificate> issuers) throws GeneralSecurityException {
    KeyStore store = empty();
    for (int i = 0; i < issuers.size(); i++) {
      store.setCertificateEntry("issuer-" + i, issuers.get(i));
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory.getTrustManagers();
  }

  private static KeyStore empty() throws GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try {
      store.load(null, null);
      return store;
    } catch (IOException e) {
      throw new AssertionError("an empty store is read from nowhere", e);
    }
  }
}
