/** What people read in a browser: the API document, its page, and a page per problem. */
@NullMarked
package io.quotastack.http.pages;

import org.jspecify.annotations.NullMarked;
