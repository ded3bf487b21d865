/**
 * `bin/imago` for the Imagos of a whole run of the tests, each of which would load the server's
 * modules one by one: here they are one file. Whatever a module finds by its own place (the data
 * plane's main file, threads, the console) it finds beside its source, as without. It is nobody's
 * way to run Imago: what is in it is as old as the run.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'vite';

const root = path.dirname(import.meta.dirname);
const mainName = 'main.mjs';

/** Answers the launcher, which is in the folder too. */
export async function bundleServer(folder: string): Promise<string> {
  await build({
    root,
    configFile: false,
    publicDir: false,
    logLevel: 'warn',
    plugins: [ownPlaces()],
    // What pg would take where it is installed.
    ssr: { noExternal: true, external: ['pg-native'] },
    build: {
      ssr: 'cli/main.ts',
      outDir: folder,
      emptyOutDir: false,
      target: 'node24',
      rolldownOptions: {
        output: { entryFileNames: mainName, chunkFileNames: '[name]-[hash].mjs' },
      },
    },
  });
  return launcherOf(folder);
}

function ownPlaces(): Plugin {
  return {
    name: 'own-places',
    // Before vite looks for addresses of its own making.
    enforce: 'pre',
    transform(code, id) {
      if (!id.endsWith('.ts')) return undefined;
      const places = {
        'import.meta.dirname': path.dirname(id),
        'import.meta.filename': id,
        'import.meta.url': pathToFileURL(id).href,
      };
      let placed = code;
      for (const [name, place] of Object.entries(places)) {
        placed = placed.replaceAll(name, JSON.stringify(place));
      }
      return placed === code ? undefined : placed;
    },
  };
}

/** That of the sources, but for what it runs, and where that is kept compiled: as long as the run. */
function launcherOf(folder: string): string {
  const source = readFileSync(path.join(root, 'bin/imago'), 'utf8');
  const changes = [
    ['#!/bin/sh\n', `#!/bin/sh\nexport NODE_COMPILE_CACHE='${path.join(folder, 'compiled')}'\n`],
    ['"$root/cli/main.ts"', `'${path.join(folder, mainName)}'`],
    ['"$root/tools/node24"', `'${path.join(root, 'tools/node24')}'`],
  ] as const;
  let text = source;
  for (const [from, to] of changes) {
    if (!text.includes(from)) throw new Error(`bin/imago has no ${from}`);
    text = text.replace(from, to);
  }
  const launcher = path.join(folder, 'imago');
  writeFileSync(launcher, text, { mode: 0o755 });
  return launcher;
}
