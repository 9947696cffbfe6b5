/** How values look in JSON: the writer and the texts of instants and decimals. */
@NullMarked
package io.quotastack.http.json;

import org.jspecify.annotations.NullMarked;
