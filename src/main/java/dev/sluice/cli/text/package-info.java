/**
 * Turns the admin port's answers into text for people: layout, numbers, and progress that fits the
 * terminal. Nothing here sends a request.
 */
@NullMarked
package dev.sluice.cli.text;

import org.jspecify.annotations.NullMarked;
