/**
 * The list of all keys, the rules that span components, and the loaded settings as each component's
 * own record. A component declares its keys beside that record. How files, environment and flags
 * are read is left to {@code config}, which knows no key.
 */
@NullMarked
package dev.sluice.settings;

import org.jspecify.annotations.NullMarked;
