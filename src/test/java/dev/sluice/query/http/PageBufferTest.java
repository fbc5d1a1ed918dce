package dev.sluice.query.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.http.ByteBudget;
import dev.sluice.http.auth.Client;
import dev.sluice.http.auth.LimitOverrides;
import dev.sluice.http.auth.Scope;
import dev.sluice.http.limit.Account;
import dev.sluice.http.limit.Limit;
import dev.sluice.http.limit.Limits;
import dev.sluice.http.limit.LimitsConfig;
import dev.sluice.http.limit.OverLimit;
import dev.sluice.query.http.PageBuffer.NoRoomException;
import java.net.InetSocketAddress;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PageBufferTest {
  private static final Client CLIENT =
      new Client("192.0.2.1", Client.Kind.ADDRESS, Set.of(Scope.READ), LimitOverrides.NONE, "");

  private static final Limits SHARED = new Limits(new LimitsConfig(0, 0, 0, 0, 0.25, 0));

  @Test
  void refusesToGrowBeyondTheBudgetAndGivesBackWhatItTook() {
    var budget = new ByteBudget(100_000);
    try (var first = new PageBuffer(budget, Account.UNLIMITED);
        var second = new PageBuffer(budget, Account.UNLIMITED)) {
      first.append(new StringBuilder("x".repeat(60_000)));

      assertThatThrownBy(() -> second.append(new StringBuilder("y".repeat(60_000))))
          .isInstanceOf(NoRoomException.class)
          .hasMessageContaining("81920 bytes of 100000");
      // A piece of 8 KiB each, and one of 64 KiB.
      assertThat(budget.used()).isEqualTo(81_920);
    }
    assertThat(budget.used()).isZero();
  }

  @Test
  void takesNoMoreThanTheClientsShareAndGivesThatBackToo() {
    var budget = new ByteBudget(400_000);
    Account account = SHARED.of(CLIENT, new InetSocketAddress("192.0.2.1", 1));
    try (var first = new PageBuffer(budget, account);
        var second = new PageBuffer(budget, account)) {
      first.append(new StringBuilder("x".repeat(60_000)));

      assertThatThrownBy(() -> second.append(new StringBuilder("y".repeat(60_000))))
          .isInstanceOfSatisfying(
              NoRoomException.class,
              e -> assertThat(e.over()).extracting(OverLimit::limit).isEqualTo(Limit.READ_SHARE));
      assertThat(budget.used()).isEqualTo(81_920);
    }
    assertThat(budget.used()).isZero();
    try (var again = new PageBuffer(budget, account)) {
      again.append(new StringBuilder("x".repeat(60_000)));
      assertThat(budget.used()).isEqualTo(73_728);
    }
  }

  /** A page that is larger than the share, and would be refused forever. */
  @Test
  void letsAClientsOnlyPageTakeMoreThanItsShare() {
    var budget = new ByteBudget(400_000);
    Account account = SHARED.of(CLIENT, new InetSocketAddress("192.0.2.1", 1));
    try (var only = new PageBuffer(budget, account)) {
      only.append(new StringBuilder("x".repeat(200_000)));
      assertThat(budget.used()).isGreaterThan(200_000);
    }
    assertThat(budget.used()).isZero();
  }
}
