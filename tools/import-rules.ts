/**
 * Which folder may import which: the table, to which import-check.ts holds files and
 * import-rules.test.ts the whole tree. Tests (`*.test.ts`, `*.soak.ts`), what they share
 * (`test-*.ts`) and suites are free; cycles are Biome's affair (noImportCycles).
 */

/**
 * `folder/**` is everything under a folder, `folder/*` the files right in it: of a port folder that
 * is the interface and what all implementations share. `node:*` is any module of Node.
 */
export interface Rule {
  files: string;
  mayImport: string[];
}

const contract = ['api/**'];
const foundations = ['server/foundations/*'];
const rows = 'server/catalog/rows/*';
export const ports = [
  'server/catalog/*',
  rows,
  'server/blocks/*',
  'server/disk/*',
  'server/files/*',
  'server/hypervisor/*',
  'server/network/*',
  'server/data-plane/data-plane.ts',
  'server/host/*',
];
/** No files, sockets or processes. */
const pureNode = ['node:crypto', 'node:buffer', 'node:util'];

/** The first rule whose `files` match decides. */
export const rules: Rule[] = [
  { files: 'api/**', mayImport: [...contract] },

  { files: 'server/main.ts', mayImport: ['server/**', ...contract, 'node:*'] },
  { files: 'server/protocol/**', mayImport: [...contract, ...pureNode] },
  {
    files: 'server/http/**',
    mayImport: [
      'server/protocol/**',
      'server/operations/*',
      'server/domain/**',
      'server/catalog/*',
      ...contract,
      ...foundations,
      'node:*',
      '@smithy/signature-v4',
      '@smithy/types',
      'ws',
    ],
  },
  {
    files: 'server/metrics/**',
    mayImport: [
      'server/domain/**',
      'server/collection/*',
      ...ports,
      ...foundations,
      'node:*',
      'prom-client',
    ],
  },
  {
    files: 'server/operations/**',
    mayImport: [
      'server/components/*',
      'server/domain/**',
      'server/collection/*',
      'server/drafts/*',
      'server/metrics/instance-metrics.ts',
      'server/transfers/*',
      'server/disk-formats/*',
      'server/contents/*',
      'server/inspection/*',
      ...ports,
      ...contract,
      ...foundations,
      'package.json',
      'node:*',
    ],
  },
  {
    files: 'server/domain/imagebuilder/**',
    mayImport: ['server/domain/**', 'server/components/*', ...ports, ...contract, ...pureNode],
  },
  { files: 'server/domain/schedules.ts', mayImport: ['server/domain/**', ...contract, 'croner'] },
  {
    files: 'server/domain/**',
    mayImport: [
      'server/components/*',
      ...ports,
      ...contract,
      ...pureNode,
      'package.json',
      'canonicalize',
      ...['guest-users', 'ipv4', 'json-shape', 'sizes', 'uefi-data'].map(
        (name) => `server/foundations/${name}.ts`,
      ),
    ],
  },
  {
    files: 'server/driver/**',
    mayImport: [
      'server/domain/**',
      'server/catalog/*',
      rows,
      'server/host/*',
      ...contract,
      ...foundations,
      'node:timers/promises',
    ],
  },
  {
    files: 'server/tasks/**',
    mayImport: [
      'server/components/*',
      'server/domain/**',
      'server/driver/*',
      'server/contents/*',
      'server/disk-formats/*',
      'server/provider-images/*',
      'server/vendor-images/*',
      'server/disk-formats/*',
      'server/transfers/*',
      'server/vulnerabilities/*',
      'server/alerts/*',
      // What has no state of its own, and no request to wait for.
      'server/inspection/tar-of-tree.ts',
      'server/inspection/verify-blocks.ts',
      'server/remotes/*',
      ...ports,
      ...contract,
      ...foundations,
      'node:*',
    ],
  },

  {
    files: 'server/drafts/**',
    mayImport: [
      'server/domain/**',
      ...ports,
      ...contract,
      ...foundations,
      ...pureNode,
      'node:path',
      'node:zlib',
    ],
  },
  {
    files: 'server/recovery/**',
    mayImport: [
      'server/*',
      'server/domain/**',
      'server/blocks/fs/fs-block-reader.ts',
      'server/transfers/archives.ts',
      ...ports,
      ...foundations,
      'node:*',
    ],
  },
  {
    files: 'server/collection/**',
    mayImport: [
      'server/recovery/catalog-record.ts',
      'server/domain/**',
      'server/drafts/*',
      ...ports,
      ...contract,
      ...foundations,
      'node:*',
    ],
  },

  // What a component is and does, on any machine.
  { files: 'server/components/**', mayImport: [...pureNode, 'node:vm', 'yaml'] },

  // Implementations of ports: their interface and their one library.
  { files: 'server/catalog/sql/**', mayImport: ['server/catalog/*', rows, 'kysely'] },
  {
    files: 'server/catalog/sqlite/**',
    mayImport: ['server/catalog/*', rows, 'server/catalog/sql/**', 'node:*', 'kysely'],
  },
  {
    files: 'server/catalog/postgres/**',
    mayImport: ['server/catalog/*', rows, 'server/catalog/sql/**', 'node:*', 'kysely', 'pg'],
  },
  { files: 'server/catalog/memory/**', mayImport: ['server/catalog/*', rows] },
  { files: 'server/catalog/*', mayImport: [rows, ...contract, ...pureNode] },
  { files: rows, mayImport: [] },
  { files: 'server/foundations/*', mayImport: ['node:*'] },
  { files: 'server/processes/*', mayImport: [...foundations, 'node:*'] },
  { files: 'server/files/**', mayImport: ['server/files/*', 'node:*'] },
  {
    files: 'server/blocks/**',
    mayImport: [
      'server/blocks/*',
      'server/files/*',
      'server/files/node/*',
      'server/foundations/room.ts',
      ...contract,
      'node:*',
    ],
  },
  {
    files: 'server/disk/**',
    mayImport: [
      'server/disk/*',
      'server/blocks/*',
      'server/files/*',
      'server/files/node/*',
      'node:*',
    ],
  },
  {
    files: 'server/disk-formats/**',
    mayImport: ['server/disk/*', 'server/files/*', 'node:*'],
  },
  {
    files: 'server/contents/**',
    mayImport: ['server/disk/*', 'node:crypto', 'node:zlib', 'node:timers/promises'],
  },
  {
    files: 'server/remotes/**',
    mayImport: [
      'server/domain/backups/remotes.ts',
      'server/domain/*',
      ...ports,
      ...foundations,
      'node:*',
      '@smithy/signature-v4',
    ],
  },
  { files: 'server/alerts/**', mayImport: [...foundations, 'node:*'] },
  {
    files: 'server/vulnerabilities/**',
    mayImport: ['server/contents/*', ...foundations, 'node:*'],
  },
  {
    files: 'server/inspection/**',
    mayImport: [
      'server/contents/*',
      'server/disk/*',
      'server/blocks/*',
      ...contract,
      ...foundations,
      'package.json',
      'node:*',
      '@cyclonedx/cyclonedx-library',
    ],
  },
  {
    files: 'server/hypervisor/**',
    mayImport: [
      'server/hypervisor/*',
      'server/files/*',
      'server/files/node/*',
      ...contract,
      ...foundations,
      'node:*',
    ],
  },
  {
    files: 'server/host/simulated/*',
    mayImport: [
      'server/port-forwarder/**',
      'server/host/*',
      'server/host/local/*',
      'server/blocks/*',
      'server/disk/*',
      'server/hypervisor/simulated/*',
      'server/data-plane/idle/*',
      'server/files/node/*',
      ...foundations,
    ],
  },
  {
    files: 'server/host/**',
    mayImport: [
      'jpeg-js',
      'server/port-forwarder/*',
      'server/host/*',
      rows,
      'server/blocks/*',
      'server/disk/*',
      'server/files/*',
      'server/hypervisor/*',
      'server/network/*',
      'server/data-plane/data-plane.ts',
      ...foundations,
      'node:*',
    ],
  },
  {
    files: 'server/network/**',
    mayImport: ['server/network/*', ...contract, ...foundations, 'node:*'],
  },
  { files: 'server/nbd/**', mayImport: ['server/disk/*', 'server/blocks/*', 'node:*'] },
  {
    files: 'server/imds/**',
    mayImport: ['server/domain/**', rows, 'server/data-plane/data-plane.ts', 'node:*'],
  },
  {
    files: 'server/data-plane/**',
    mayImport: [
      'server/nbd/**',
      'server/imds/**',
      'server/network/**',
      'server/disk/*',
      'server/blocks/**',
      'server/files/*',
      'server/files/node/*',
      'server/processes/*',
      rows,
      ...foundations,
      'node:*',
    ],
  },
  {
    files: 'server/port-forwarder/**',
    mayImport: ['server/port-forwarder/*', 'server/processes/*', ...foundations, 'node:*'],
  },
  {
    files: 'server/provider-images/**',
    mayImport: [
      'server/domain/**',
      'server/contents/crc32c.ts',
      ...ports,
      ...contract,
      ...foundations,
      'node:*',
    ],
  },
  {
    files: 'server/vendor-images/**',
    mayImport: ['server/domain/vendor-images/*', 'server/files/*', ...foundations, 'node:*'],
  },
  {
    files: 'server/transfers/**',
    mayImport: [
      'server/domain/file-places.ts',
      'server/disk-formats/*',
      'server/disk/*',
      'server/files/*',
      'server/blocks/*',
      rows,
      ...contract,
      ...foundations,
      'node:*',
    ],
  },
  {
    files: 'server/doctor/**',
    mayImport: [
      'server/*',
      'server/domain/**',
      'server/collection/*',
      'server/recovery/*',
      'server/host/local/*',
      'server/hypervisor/qemu/*',
      'server/files/node/*',
      'server/provider-images/*',
      ...ports,
      ...foundations,
      'package.json',
      'node:*',
    ],
  },
  { files: 'server/*', mayImport: ['server/**', ...contract, 'package.json', 'node:*'] },

  // A client without privileges, in a browser.
  {
    files: 'console/**',
    mayImport: [
      ...contract,
      ...['preact', 'preact/hooks', 'preact/compat', '@tanstack/preact-query'],
      ...['@smithy/signature-v4', '@xterm/xterm', '@xterm/addon-fit', '@xterm/xterm/css/xterm.css'],
      ...['@novnc/novnc', 'uplot', 'uplot/dist/uPlot.min.css', '@dagrejs/dagre', 'yaml'],
      ...['vite', 'node:fs', 'node:path', 'node:zlib'],
    ],
  },

  // What runs Imago itself, and may therefore see the server.
  ...['serve', 'fsck', 'gc', 'recover', 'stores', 'doctor', 'explain-storage'].map((name) => ({
    files: `cli/commands/${name}.ts`,
    mayImport: ['cli/**', 'server/**', ...contract, 'node:*'],
  })),
  {
    files: 'cli/**',
    mayImport: [
      'cli/**',
      'server/config.ts',
      ...foundations,
      ...contract,
      'node:*',
      'commander',
      '@smithy/signature-v4',
      'ws',
      'yaml',
      'package.json',
    ],
  },
];
