/** Lists in pages: the query that asks for one, its cursor, and its shape in JSON. */
@NullMarked
package io.quotastack.http.lists;

import org.jspecify.annotations.NullMarked;
