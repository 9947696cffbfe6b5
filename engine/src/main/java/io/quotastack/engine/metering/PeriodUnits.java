package io.quotastack.engine.metering;

import java.math.BigDecimal;

/**
 * How many units of one metric a customer has used in a period.
 *
 * @param period the period
 * @param units how many
 */
public record PeriodUnits(Period period, BigDecimal units) {}
