package dev.sluice;

import dev.sluice.sink.ReadingSource;
import dev.sluice.sink.Sink;
import java.util.Map;

/**
 * One opened store.
 *
 * @param sink where delivery writes
 * @param source where reads come from
 * @param urls what the ready line tells of it, by name
 */
record Store(Sink sink, ReadingSource source, Map<String, String> urls) {}
