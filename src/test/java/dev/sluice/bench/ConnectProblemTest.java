package dev.sluice.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;

class ConnectProblemTest {
  @Test
  void saysWhatToDo() {
    assertThat(explain(new SocketException("Too many open files")))
        .startsWith("cannot connect to http://h:1 (1,010 of 2,000 connections were open): ")
        .containsPattern("may have [\\d,]+ files open")
        .contains("ulimit -n 65536");
    assertThat(explain(new BindException("Cannot assign requested address")))
        .contains("ip_local_port_range");
    assertThat(explain(new ConnectException("Connection refused"))).contains("./sluice up");
    assertThat(explain(new UnknownHostException("h"))).contains("--url");
    assertThat(explain(new SocketTimeoutException("Connect timed out"))).contains("somaxconn");
    assertThat(explain(new SocketException("Network is unreachable"))).contains("unreachable");
  }

  private static String explain(IOException cause) {
    return new ConnectProblem().explain(cause, URI.create("http://h:1"), 1_010, 2_000);
  }
}
