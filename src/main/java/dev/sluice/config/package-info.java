/**
 * Settings from file, environment and flags, checked and handed on as each package's own record.
 */
@NullMarked
package dev.sluice.config;

import org.jspecify.annotations.NullMarked;
