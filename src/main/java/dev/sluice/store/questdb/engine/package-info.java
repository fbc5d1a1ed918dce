/** The embedded QuestDB. */
@NullMarked
package dev.sluice.store.questdb.engine;

import org.jspecify.annotations.NullMarked;
