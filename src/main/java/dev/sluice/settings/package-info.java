/**
 * The keys of all components, the rules between them, and the loaded settings as each component's
 * own record. How files, environment and flags are read is left to {@code config}, which knows no
 * key.
 */
@NullMarked
package dev.sluice.settings;

import org.jspecify.annotations.NullMarked;
