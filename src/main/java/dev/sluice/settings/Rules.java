package dev.sluice.settings;

import dev.sluice.config.Key;
import dev.sluice.http.auth.AuthConfig;
import dev.sluice.migration.phase.Phase;
import dev.sluice.migration.phase.Role;
import dev.sluice.store.questdb.QuestDbConfig;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/** Rules between settings that are each allowed on their own. */
final class Rules {
  private final Settings settings;
  private final List<String> problems;

  private Rules(Settings settings, List<String> problems) {
    this.settings = settings;
    this.problems = problems;
  }

  static void check(Settings settings, Mode mode, List<String> problems) {
    Rules rules = new Rules(settings, problems);
    rules.checkSizes();
    if (mode != Mode.CLIENT) {
      rules.checkExposure();
      rules.checkStores(mode);
    }
  }

  private void checkSizes() {
    long segment = settings.required(Keys.JOURNAL_SEGMENT_BYTES);
    if (settings.required(Keys.JOURNAL_MAX_BYTES) < 2 * segment) {
      refuse(Keys.JOURNAL_MAX_BYTES, "at least two journal.segment-bytes (" + 2 * segment + ")");
    }
    long body = settings.required(Keys.INGEST_MAX_BODY_BYTES);
    if (settings.required(Keys.INGEST_MAX_INFLIGHT_BYTES) < 4 * body) {
      refuse(
          Keys.INGEST_MAX_INFLIGHT_BYTES,
          "at least four times ingest.max-body-bytes (" + 4 * body + ")");
    }
  }

  /** Other machines may reach Sluice only with tokens, or if auth.mode explicitly says so. */
  private void checkExposure() {
    AuthConfig.Mode mode = settings.required(Keys.AUTH_MODE);
    boolean tokens = settings.optional(Keys.AUTH_TOKENS_FILE).isPresent();
    if (mode == AuthConfig.Mode.TOKENS && !tokens) {
      refuse(Keys.AUTH_MODE, "tokens only together with auth.tokens-file");
    }
    boolean loopbackOnly = mode == AuthConfig.Mode.AUTO && !tokens;
    checkHost(Keys.INGEST_HOST, loopbackOnly);
    checkHost(Keys.ADMIN_HOST, loopbackOnly);
  }

  private void checkHost(Key<String> key, boolean loopbackOnly) {
    try {
      boolean loopback = InetAddress.getByName(settings.required(key)).isLoopbackAddress();
      if (loopbackOnly && !loopback) {
        refuse(
            key,
            "a loopback address; or set auth.tokens-file, or auth.mode=none to let everybody in");
      }
    } catch (UnknownHostException e) {
      refuse(key, "an address of this machine, or a name that resolves to one");
    }
  }

  private void checkStores(Mode mode) {
    Phase phase = settings.initialPhase();
    if (mode == Mode.SERVE && phase.writes(Role.LEGACY) && settings.mysql().isEmpty()) {
      problems.add(
          "mysql.url is not set, and phase %s writes MySQL; allowed: %s"
              .formatted(phase.label(), Keys.MYSQL_URL.type().allowed()));
    }
    boolean remote = settings.required(Keys.QUESTDB_MODE) == QuestDbConfig.Mode.REMOTE;
    if (remote && settings.optional(Keys.QUESTDB_URL).isEmpty()) {
      problems.add(
          "questdb.url is not set, and questdb.mode is remote; allowed: "
              + Keys.QUESTDB_URL.type().allowed());
    }
  }

  private void refuse(Key<?> key, String allowed) {
    problems.add(
        "%s: %s is '%s'; allowed: %s"
            .formatted(settings.source(key), key.name(), settings.text(key).orElse(""), allowed));
  }
}
