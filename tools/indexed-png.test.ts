import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chromium } from 'playwright-core';
import { indexedPng, pixelsOf } from './indexed-png.ts';

test('a picture of a page is smaller, and looks the same', async () => {
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 300, height: 200 } });
    const lines = Array.from({ length: 20 }, (_, index) => `<p>Line ${index} of this page</p>`);
    await page.setContent(`<body style="background:#f6f7f8;color:#0a6b74">${lines.join('')}`);
    const png = await page.screenshot();
    const small = indexedPng(png);
    assert.ok(small.length < png.length, `${small.length} of ${png.length} bytes`);
    // A browser reads it, and sees what was there.
    await page.setContent(
      `<body style="margin:0"><img src="data:image/png;base64,${small.toString('base64')}">`,
    );
    const [before, after] = [pixelsOf(png), pixelsOf(await page.screenshot())];
    assert.deepEqual([after.width, after.height], [before.width, before.height]);
    const differences = before.rgb.map((byte, index) => Math.abs(byte - (after.rgb[index] ?? 0)));
    assert.ok(Math.max(...differences.subarray(0, 60_000)) < 12);
  } finally {
    await browser.close();
  }
});
