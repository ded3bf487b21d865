/**
 * How the console is built: into `dist`, with relative addresses, so that any folder of any web
 * server will do. Nothing is inlined: the page's policy allows no inline script or style.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

export default defineConfig({
  base: './',
  build: {
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // What the first page needs is one file: in pieces it is compressed worse, and each is named.
    rolldownOptions: {
      output: { codeSplitting: { groups: [{ name: 'first', tags: ['$initial'] }] } },
    },
  },
  plugins: [besideGzip()],
});

/** Beside each file as it was written its gzip, for servers that hand that out. */
function besideGzip(): Plugin {
  return {
    name: 'beside-gzip',
    writeBundle({ dir = '' }, bundle) {
      for (const name of Object.keys(bundle)) {
        const file = path.join(dir, name);
        writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }));
      }
    },
  };
}
