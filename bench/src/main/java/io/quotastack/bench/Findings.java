package io.quotastack.bench;

import java.util.ArrayList;
import java.util.List;

/** What the groups of a run have found out so far, besides their windows. */
final class Findings {
  /** What is wrong with one customer is often wrong with ten thousand. */
  private static final int FAULTS_SHOWN = 20;

  private final List<Report.Variant> variants = new ArrayList<>();
  private final List<String> checks = new ArrayList<>();
  private final List<String> faults = new ArrayList<>();

  void addVariant(Report.Variant variant) {
    variants.add(variant);
  }

  /** A sentence about what was compared. */
  void addCheck(String check) {
    checks.add(check);
  }

  /** What did not agree. */
  void addFault(String fault) {
    faults.add(fault);
  }

  void addFaults(List<String> more) {
    faults.addAll(more);
  }

  List<Report.Variant> variants() {
    return variants;
  }

  Report.Verification verification() {
    if (faults.size() <= FAULTS_SHOWN) {
      return new Report.Verification(checks, faults);
    }
    List<String> shown = new ArrayList<>(faults.subList(0, FAULTS_SHOWN));
    shown.add("and %,d more".formatted(faults.size() - FAULTS_SHOWN));
    return new Report.Verification(checks, shown);
  }
}
