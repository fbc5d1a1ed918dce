/**
 * What Sluice needs from any store: sinks, sources, scans, history, schema and its migrations, and
 * the mirror. The stores themselves are in the packages below; nothing here depends on MySQL or
 * QuestDB.
 */
@NullMarked
package dev.sluice.store;

import org.jspecify.annotations.NullMarked;
