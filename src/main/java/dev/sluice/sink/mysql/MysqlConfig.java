package dev.sluice.sink.mysql;

import java.time.Duration;

/**
 * Settings {@code mysql.*}.
 *
 * @param url {@code mysql.url}: {@code jdbc:mysql://host:port/database}
 * @param user {@code mysql.user}
 * @param password {@code mysql.password}
 * @param poolSize {@code mysql.pool-size}: connections that write
 * @param batchRows {@code mysql.batch-rows}: most rows of one INSERT
 * @param linger {@code mysql.linger}: how long a batch waits to fill
 */
public record MysqlConfig(
    String url, String user, String password, int poolSize, int batchRows, Duration linger) {}
