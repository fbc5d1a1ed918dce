/**
 * What Sluice needs from any store: sinks, sources, scans, history, schema and the mirror. The
 * stores themselves are in the packages below; nothing here knows MySQL or QuestDB.
 */
@NullMarked
package dev.sluice.store;

import org.jspecify.annotations.NullMarked;
