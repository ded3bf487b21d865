/**
 * Which folder may import which: the table, and a check of files against it. import-rules.test.ts
 * holds the whole tree to it. Tests (`*.test.ts`, `*.soak.ts`), what they share (`test-*.ts`) and
 * suites are free; cycles are Biome's affair (noImportCycles).
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

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
const ports = [
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
      ...ports,
      ...contract,
      ...foundations,
      'package.json',
      'node:*',
    ],
  },
  {
    files: 'server/domain/**',
    mayImport: [
      'server/components/*',
      ...ports,
      ...contract,
      ...pureNode,
      'package.json',
      'canonicalize',
      ...['guest-users', 'ipv4', 'sizes', 'uefi-data'].map(
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
    files: 'server/collection/**',
    mayImport: [
      'server/domain/**',
      'server/drafts/*',
      ...ports,
      ...contract,
      ...foundations,
      'node:*',
    ],
  },

  // What a component is and does, on any machine.
  { files: 'server/components/**', mayImport: [...pureNode, 'yaml'] },

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
    mayImport: ['server/disk/*', 'node:zlib', 'node:timers/promises'],
  },
  {
    files: 'server/hypervisor/**',
    mayImport: ['server/hypervisor/*', ...contract, ...foundations, 'node:*'],
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
    mayImport: ['server/domain/**', ...ports, ...contract, ...foundations, 'node:*'],
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
  { files: 'server/*', mayImport: ['server/**', ...contract, 'node:*'] },

  // A client without privileges, in a browser.
  {
    files: 'console/**',
    mayImport: [
      ...contract,
      ...['preact', 'preact/hooks', 'preact/compat', '@tanstack/preact-query'],
      ...['@smithy/signature-v4', '@xterm/xterm', '@xterm/addon-fit', '@xterm/xterm/css/xterm.css'],
      ...['@novnc/novnc', 'uplot', 'uplot/dist/uPlot.min.css', '@dagrejs/dagre'],
      ...['vite', 'node:fs', 'node:path', 'node:zlib'],
    ],
  },

  // What runs Imago itself, and may therefore see the server.
  ...['serve', 'fsck', 'gc', 'doctor', 'explain-catalog'].map((name) => ({
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
      'package.json',
    ],
  },
];

export interface Import {
  file: string;
  line: number;
  /** A path in the repository, or the name of a module. */
  target: string;
}

/** All violations in the tree, each as a sentence. */
export function violations(root: string): string[] {
  return sourceFiles(root).flatMap((file) => {
    const text = readFileSync(path.join(root, file), 'utf8');
    return importsOf(file, text).flatMap((found) => {
      const complaint = complaintAbout(found);
      return complaint ? [complaint] : [];
    });
  });
}

export function complaintAbout({ file, line, target }: Import): string | undefined {
  const rule = rules.find(({ files }) => matches(files, file));
  if (!rule) return undefined;
  const own = ownFiles(rule.files, file);
  if ([own, ...rule.mayImport].some((pattern) => matches(pattern, target))) return undefined;
  return `${file}:${line} imports ${target}, which ${rule.files} may not`;
}

/**
 * A file may always import its neighbours; in a port's folder the neighbours of an implementation
 * are its own files only.
 */
function ownFiles(files: string, file: string): string {
  const folder = files.replace(/\/\*+$/, '');
  if (files.endsWith('/*') || !ports.includes(`${folder}/*`)) return files;
  const [implementation, deeper] = file.slice(folder.length + 1).split('/');
  return deeper ? `${folder}/${implementation}/**` : `${folder}/*`;
}

export function importsOf(file: string, text: string): Import[] {
  const statement = /^(?:import|export)\b[^'";]*?from\s+'([^']+)'|^import\s+'([^']+)'/gm;
  const call = /\bimport\('([^']+)'\)/g;
  return [...text.matchAll(statement), ...text.matchAll(call)].map((match) => {
    const specifier = match[1] ?? match[2] ?? '';
    return {
      file,
      line: text.slice(0, match.index).split('\n').length,
      target: specifier.startsWith('.')
        ? path.posix.join(path.posix.dirname(file), specifier)
        : specifier,
    };
  });
}

function matches(pattern: string, name: string): boolean {
  if (pattern === 'node:*') return name.startsWith('node:');
  if (pattern.endsWith('/**')) return name.startsWith(pattern.slice(0, -2));
  if (pattern.endsWith('/*')) return path.posix.dirname(name) === pattern.slice(0, -2);
  return pattern === name;
}

function sourceFiles(root: string): string[] {
  return ['api', 'server', 'cli', 'console'].flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => path.posix.join(folder, name))
      .filter((name) => !name.startsWith('console/dist/'))
      .filter(
        (name) =>
          /\.tsx?$/.test(name) && !/((^|\/)test-[^/]*|\.test|\.soak|-suite)\.ts$/.test(name),
      ),
  );
}
