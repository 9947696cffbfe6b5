package io.quotastack.engine.credits;

/**
 * What a ledger entry is about.
 *
 * @param type the kind of thing, such as {@code usage} or {@code block}
 * @param id its id as the API shows it
 */
public record Reference(String type, String id) {}
