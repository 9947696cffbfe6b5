package io.quotastack.bench.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class CpuTimesTest {
  @Test
  void a_process_line_is_read_whatever_the_command_is_called() {
    String stat = "42 (a) R 7 (b) S 41 42 42 0 -1 4194560 1 2 3 4 500 60 70 8 20 0 9 0 123 456 789";

    assertThat(CpuTimes.process(42, stat)).containsExactly(42, 41, 560, 78);
  }

  @Test
  void idle_time_and_waiting_for_the_disk_are_not_busy() {
    String stat = "cpu  100 20 30 9999 8888 4 5 6 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n";

    assertThat(CpuTimes.busyTicks(stat)).isEqualTo(100 + 20 + 30 + 4 + 5 + 6);
  }

  @Test
  void shares_are_in_cores_and_what_no_part_used_is_other() {
    CpuTimes before = new CpuTimes(0, Map.of("NODE", 1_000L), 5_000);
    CpuTimes after = new CpuTimes(2_000_000_000, Map.of("NODE", 1_150L), 5_250);

    Map<String, Double> cores = after.coresSince(before);

    assertThat(cores.get("NODE")).isCloseTo(0.75, within(1e-9));
    assertThat(cores.get("other")).isCloseTo(0.5, within(1e-9));
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void this_process_is_found() {
    CpuTimes times = CpuTimes.read(Map.of("me", ProcessHandle.current().pid()));

    assertThat(times.partTicks().get("me")).isPositive();
    assertThat(times.busyTicks()).isPositive();
  }
}
