import type {
  DescribeInstanceMetricsRequest,
  DescribeInstanceMetricsResult,
  MetricPoint,
} from '../../../api/imago-instances.ts';
import { ServiceError } from '../../../api/service-error.ts';
import { requiredInstance } from '../../domain/instances.ts';
import type { Point } from '../../metrics/instance-metrics.ts';
import type { Operation } from '../operation.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const periodMaxSeconds = 86_400;

/** Simulated machines take nothing, and have no points. */
export const describeInstanceMetrics: Operation<
  DescribeInstanceMetricsRequest,
  DescribeInstanceMetricsResult
> = {
  accepts: ['InstanceId', 'StartTime', 'EndTime', 'PeriodSeconds'],
  async run(input, { catalog, caller, clock, metrics }) {
    const { id } = await catalog.read((reader) =>
      requiredInstance(reader, caller, input.InstanceId),
    );
    const now = clock.now();
    const { EndTime = now } = input;
    const { StartTime = new Date(EndTime.getTime() - hourMs) } = input;
    const isOfLastHour = StartTime.getTime() >= now.getTime() - hourMs - minuteMs;
    const { PeriodSeconds = isOfLastHour ? 60 : 300 } = input;
    check({ StartTime, EndTime, PeriodSeconds });
    const points = metrics.read(id, {
      fromMs: StartTime.getTime(),
      toMs: Math.min(EndTime.getTime(), now.getTime()),
      periodMs: PeriodSeconds * 1000,
    });
    return { InstanceId: id, PeriodSeconds, StartTime, EndTime, Points: points.map(pointShape) };
  },
};

function check({
  StartTime,
  EndTime,
  PeriodSeconds,
}: Pick<DescribeInstanceMetricsResult, 'StartTime' | 'EndTime' | 'PeriodSeconds'>): void {
  if (StartTime >= EndTime) {
    throw new ServiceError('InvalidParameterValue', 'StartTime must be before EndTime.');
  }
  if (PeriodSeconds < 60 || PeriodSeconds > periodMaxSeconds || PeriodSeconds % 60 !== 0) {
    throw new ServiceError(
      'InvalidParameterValue',
      `PeriodSeconds must be a multiple of 60, up to ${periodMaxSeconds}.`,
    );
  }
}

function pointShape({ timeMs, ...point }: Point): MetricPoint {
  return {
    Time: new Date(timeMs),
    CpuPercent: point.cpuPercent,
    DiskReadBytesPerSecond: point.readBytes,
    DiskReadsPerSecond: point.readOperations,
    DiskWrittenBytesPerSecond: point.writtenBytes,
    DiskWritesPerSecond: point.writeOperations,
    NetworkReceivedBytesPerSecond: point.receivedBytes,
    NetworkReceivedPacketsPerSecond: point.receivedPackets,
    NetworkSentBytesPerSecond: point.sentBytes,
    NetworkSentPacketsPerSecond: point.sentPackets,
  };
}
