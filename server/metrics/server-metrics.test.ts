/** What Prometheus reads: names, labels and figures, of rows and requests as they are. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TaskRow } from '../catalog/rows/task.ts';
import { addSnapshot } from '../collection/test-rows.ts';
import { services } from '../operations/generated/tables.ts';
import { createTestContext } from '../operations/test-context.ts';
import { insertImage } from '../operations/test-images.ts';
import { insertRunningInstance, moveInstance } from '../operations/test-instances.ts';
import { type CopyFigures, ServerMetrics } from './server-metrics.ts';

const task = (id: string, more: Partial<TaskRow> = {}): TaskRow => ({
  id,
  account: '000000000001',
  region: 'us-east-1',
  createdAt: '2026-11-23T10:00:00.000Z',
  kind: 'create-image',
  state: 'running',
  subject: 'ami-1',
  input: {},
  outputs: {},
  attempts: 0,
  ...more,
});

const copyFigures: CopyFigures = {
  folder: '/mnt/second',
  completeAsOf: '2025-11-27T19:00:00.000Z',
  catalogAt: '2025-11-27T18:59:55.500Z',
  verified: { damage: [{ digest: 'a' }] },
};

test('requests, tasks, instances and room are told under their names', async () => {
  await using context = await createTestContext();
  const { catalog, host, site } = context;
  const metrics = new ServerMetrics({
    catalog,
    host,
    garbage: { usage: () => ({ blockBytes: 1000, reclaimableBytes: 10 }) },
    scrubber: context.scrubber,
    copies: [{ describe: () => copyFigures }],
    hostId: site.hostId,
    taskKinds: ['create-image', 'reboot'],
    services,
  });
  const image = await insertImage(context);
  await insertRunningInstance(context, image);
  const { id } = await insertRunningInstance(context, image);
  await moveInstance(context, id, { host: 'h-of-another' });
  await catalog.write(({ tasks }) => tasks.insert(task('task-1', { host: site.hostId })));
  const archive = { map: 'map', host: site.hostId, sizeBytes: 1 };
  await addSnapshot(catalog, undefined, undefined, { archive });
  await context.scrubber.archives?.advance(1);
  const images = { method: 'POST', service: 'ec2', action: 'DescribeImages' };
  metrics.request({ ...images, status: 200, tookMs: 30 });
  metrics.request({ ...images, status: 200, tookMs: 300 });
  metrics.request({ ...images, status: 500, code: 'InternalError', tookMs: 1 });
  metrics.request({
    ...images,
    action: 'MadeUp"\n',
    status: 400,
    code: 'InvalidAction',
    tookMs: 1,
  });
  metrics.request({ method: 'BREW', status: 403, tookMs: 1 });
  metrics.taskEnded(task('t', { state: 'succeeded', finishedAt: '2026-11-23T10:00:04.000Z' }));

  const text = await metrics.read();
  const asked = 'http_request_method="POST",url_scheme="http",rpc_service="ec2"';
  const ofImages = `${asked},rpc_method="DescribeImages",http_response_status_code="200",error_type=""`;
  const failed = ofImages
    .replace('200', '500')
    .replace('error_type=""', 'error_type="InternalError"');
  for (const line of [
    `http_server_request_duration_seconds_bucket{le="0.05",${ofImages}} 1`,
    `http_server_request_duration_seconds_count{${ofImages}} 2`,
    `http_server_request_duration_seconds_count{${failed}} 1`,
    'imago_task_duration_seconds_sum{imago_task_kind="create-image",imago_task_state="succeeded"} 4',
    'imago_tasks_active{imago_task_kind="create-image",imago_task_state="running"} 1',
    'imago_tasks_active{imago_task_kind="reboot",imago_task_state="undoing"} 0',
    'imago_instances{imago_instance_state="running"} 1',
    'imago_instances{imago_instance_state="stopped"} 0',
    'imago_store_bytes{imago_store_part="all"} 1000',
    'imago_scrub_archives{imago_scrub_part="damaged"} 1',
    'imago_copy_store_time_seconds{imago_copy_store="/mnt/second",imago_copy_store_part="snapshots"} 1764270000',
    'imago_copy_store_time_seconds{imago_copy_store="/mnt/second",imago_copy_store_part="catalog"} 1764269995.5',
    'imago_copy_store_damaged_blocks{imago_copy_store="/mnt/second"} 1',
    `system_filesystem_usage_bytes{system_filesystem_state="free"} ${context.measures.freeDiskBytes}`,
  ]) {
    assert.ok(text.split('\n').includes(line), `${line}\nin\n${text}`);
  }
  assert.match(text, /^nodejs_eventloop_lag_p99_seconds /m);
  assert.match(text, /^process_resident_memory_bytes /m);
  // What a sender made up is counted under no name.
  assert.doesNotMatch(text, /MadeUp/);
  const unnamed = 'rpc_service="",rpc_method="",http_response_status_code';
  assert.match(text, new RegExp(`_count\\{.*"POST".*${unnamed}="400",error_type=""\\} 1`));
  assert.match(text, new RegExp(`_count\\{.*"_OTHER".*${unnamed}="403",error_type=""\\} 1`));
});
