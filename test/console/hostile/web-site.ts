/** A web server beside Imago: of a stranger with a page of his own, or of the console's files. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

export interface WebSite extends AsyncDisposable {
  origin: string;
}

const types: Record<string, string> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
};

/** Answers with the page whatever is asked for. */
export const siteWithPage = (page: string) => site(async () => [page, types['.html'] ?? '']);

/** Of the files in a folder, as any web server hands them out. */
export const siteWithFiles = (folder: string) =>
  site(async (asked) => {
    const name = asked.endsWith('/') ? `${asked}index.html` : asked;
    return [await readFile(path.join(folder, path.normalize(name))), types[path.extname(name)]];
  });

type Answer = [body: string | Buffer, type?: string];

async function site(answer: (asked: string) => Promise<Answer>): Promise<WebSite> {
  const server = createServer(async ({ url = '' }, response) => {
    try {
      const [body, type = 'application/octet-stream'] = await answer(url);
      response.setHeader('content-type', type).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
