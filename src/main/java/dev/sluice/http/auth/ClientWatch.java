package dev.sluice.http.auth;

import java.net.InetAddress;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Learns who the clients are, and who fails to be one. Thread-safe. */
public interface ClientWatch {
  /** For a check whose clients nobody limits. */
  ClientWatch NONE =
      new ClientWatch() {
        @Override
        public void clients(Collection<Client> all) {}

        @Override
        public int failedToken(@Nullable InetAddress from) {
          return 0;
        }
      };

  /**
   * These are the clients of the tokens file from now on; one that is new may have sent a request
   * already. Called by one thread at a time.
   */
  void clients(Collection<Client> all);

  /**
   * Somebody sent a token that is not known.
   *
   * @param from null if the connection is gone
   * @return 0, or the whole seconds to wait before the next, because there were too many
   */
  int failedToken(@Nullable InetAddress from);
}
