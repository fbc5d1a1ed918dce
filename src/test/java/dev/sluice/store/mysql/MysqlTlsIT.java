package dev.sluice.store.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.store.SchemaState;
import dev.sluice.testing.TestMysql;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("mysql")
class MysqlTlsIT {
  private final TestMysql database = MysqlFixture.migrated();

  @Test
  void doesNotTalkToAServerThatNobodyVouchesFor() {
    SchemaState state = state(MysqlTls.VERIFY);

    assertThat(state).isInstanceOf(SchemaState.Unreachable.class);
    assertThat(state.problem().orElseThrow()).contains("set mysql.tls to encrypt or off");
  }

  @Test
  void talksToItInPlainText() {
    assertThat(state(MysqlTls.OFF)).isInstanceOf(SchemaState.UpToDate.class);
  }

  private SchemaState state(MysqlTls tls) {
    String url = MysqlTls.into(database.url(), Optional.of(tls));
    return new MysqlSchema(url, database.user(), database.password()).state();
  }
}
