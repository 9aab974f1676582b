import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { ModelConfig } from 'modelwright/saved';
import { imageInput } from 'modelwright/tasks';
import { type ModelApp, route } from './routes.js';
import type { ServedModel } from './servedModel.js';
import { servedTasks } from './tasks/index.js';

const folders = [new URL('../../page/', import.meta.url), new URL('../page/', import.meta.url)];
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};

/** What a browser may do for the page. @param listens whether a model is asked with sounds, which can be recorded */
const headersOf = (listens: boolean): Record<string, string> => ({
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob: data:; media-src blob:; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
  'Permissions-Policy': `camera=(), display-capture=(), geolocation=(), microphone=(${listens ? 'self' : ''}), midi=(), payment=(), usb=()`,
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-cache',
});

/** The page on which a person tries a model: at `/`, all its files from this server. */
export function addPage(app: ModelApp, served: readonly ServedModel[]): void {
  const models = served.flatMap(pageModel);
  const headers = headersOf(models.some(({ input }) => input === 'sound'));
  for (const [name, { type, body }] of pageFiles()) {
    const path = name === 'index.html' ? '/' : `/page/${name}`;
    route(app, 'GET', path, (c) => c.body(body, 200, { 'Content-Type': type, ...headers }));
  }
  route(app, 'GET', '/page/models.json', (c) => c.json(models));
}

/** The files of the page, by name. */
function pageFiles(): Map<string, { type: string; body: Uint8Array<ArrayBuffer> }> {
  const files = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => extname(name) in types)
      .map(
        (name) =>
          [
            name,
            { type: types[extname(name)]!, body: new Uint8Array(readFileSync(new URL(name, folder))) },
          ] as const,
      ),
  );
  return new Map(files);
}

/** What the page must know of a model; nothing of one that takes arrays alone. */
function pageModel({ name, config, predictor }: ServedModel) {
  if (!predictor) return [];
  const { input } = predictor;
  const about = servedTasks[config.task]?.about?.(config);
  const drawable = input === 'picture' && isDrawable(config);
  return [{ name, input, drawable, streams: predictor.stream !== undefined, ...about }];
}

/** Whether a model is for small grey pictures such as digits. */
function isDrawable(config: ModelConfig): boolean {
  const { height, width } = config.preprocessing ?? {};
  return imageInput(config).channels === 1 && height === 28 && width === 28;
}
