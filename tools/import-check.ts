/** Holds files to the table of import-rules.ts. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ports, rules } from './import-rules.ts';

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
