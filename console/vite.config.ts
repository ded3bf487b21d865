/**
 * How the console is built: into `dist`, with relative addresses, so that any folder of any web
 * server will do. Nothing is inlined: the page's policy allows no inline script or style.
 */
import { gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

export default defineConfig({
  base: './',
  build: {
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  plugins: [besideGzip()],
});

/** Beside each file its gzip, for servers that hand that out. */
function besideGzip(): Plugin {
  return {
    name: 'beside-gzip',
    generateBundle(_options, bundle) {
      for (const file of Object.values(bundle)) {
        const source = gzipSync(file.type === 'chunk' ? file.code : file.source, { level: 9 });
        this.emitFile({ type: 'asset', fileName: `${file.fileName}.gz`, source });
      }
    },
  };
}
