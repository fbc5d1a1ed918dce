package dev.sluice.api;

import java.util.List;

/**
 * The tokens and certificates of a tokens file.
 *
 * @param file its path
 * @param tokens in the order of the file
 */
public record TokenList(String file, List<TokenInfo> tokens) {}
