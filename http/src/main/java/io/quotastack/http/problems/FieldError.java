package io.quotastack.http.problems;

/**
 * What is wrong with one part of a request.
 *
 * @param pointer where: a JSON pointer (RFC 6901) into the body, or {@code ?name} for a query
 *     parameter
 * @param detail what, such as "must not be negative"
 */
public record FieldError(String pointer, String detail) {}
