/// What apps use: containers by their time and type, objects by their time in memory, requests and
/// rows. Per day and namespace, durable.
///
/// | WHERE TO LOOK | |
/// |---|---|
/// | what is counted | [Usage] |
/// | counters of a namespace's objects | [NamespaceMeter] |
/// | one container | [ContainerMeter], all of them and the final readings [ContainerMeters] |
/// | days | [DaySpans] |
/// | putting it on disk, and reading it back | [MeterBook], [MeterRows] |
/// | settings, what is shown | [MeteringSettings], [UsageReports], [MeteringMetrics] |
@NullMarked
package io.holdfast.node.metering;

import org.jspecify.annotations.NullMarked;
