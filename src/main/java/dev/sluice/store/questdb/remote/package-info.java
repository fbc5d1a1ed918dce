/**
 * A QuestDB server outside this process: queries over its HTTP route {@code /exec}, writes through
 * its own client. What it shares with the embedded engine is in the package above.
 */
@NullMarked
package dev.sluice.store.questdb.remote;

import org.jspecify.annotations.NullMarked;
