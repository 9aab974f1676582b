import { Readable } from 'node:stream';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { z } from '@hono/zod-openapi';
import { note } from '../access/audit.js';
import { InputError, NotFoundError } from '../errors.js';
import { artefactsOf, curveOf, findRun, linesOf, listRuns, type RunView } from '../runs/query.js';
import {
  addArtefact,
  addLines,
  addPoints,
  createRun,
  endRun,
  type Point,
  reopenRun,
} from '../runs/record.js';
import type { StoredObject } from '../store/index.js';
import { runStatuses } from '../store/schema.js';
import { type Api, type ApiContext, body, json, newApi, secured } from './context.js';
import * as schemas from './schemas.js';

const id = z.object({ id: z.string() });
/** Bytes, for `content`. */
export const octets = {
  'application/octet-stream': { schema: z.string().openapi({ format: 'binary' }) },
} as const;
const done = { 204: { description: 'Done.' } } as const;

/** Runs: told by trainings, looked at by people. */
export function runRoutes({ store, maxUploadBytes }: ApiContext): Api {
  const { db } = store;
  const api = newApi();
  const own = (project: string, run: string) => findRun(db, project, run);

  api.openapi(
    secured('developer', {
      method: 'post',
      path: '/api/runs',
      summary: 'Begin a run',
      request: { body: body(schemas.newRun) },
      responses: { 201: { description: 'The run.', ...json(id) } },
    }),
    async (c) => {
      const principal = c.get('principal');
      const run = await createRun(db, { project: principal.project, ...c.req.valid('json') });
      await note(db, principal, 'run.create', run);
      return c.json({ id: run }, 201);
    },
  );

  api.openapi(
    secured('developer', {
      method: 'get',
      path: '/api/runs',
      summary: 'List runs',
      description: 'The newest first, or by a metric.',
      request: {
        query: z.object({
          status: z.enum(runStatuses).optional(),
          task: z.string().optional(),
          tag: z.string().optional(),
          search: z.string().optional(),
          metric: z.string().optional(),
          mode: z.enum(['min', 'max']).optional(),
          limit: schemas.queryNumber(1, 200),
          after: z.string().optional(),
        }),
      },
      responses: { 200: { description: 'A page of runs.', ...json(schemas.runPage) } },
    }),
    async (c) => {
      const page = await listRuns(db, { project: c.get('principal').project, ...c.req.valid('query') });
      return c.json({ ...page, runs: page.runs.map(runJson) }, 200);
    },
  );

  api.openapi(
    secured('developer', {
      method: 'get',
      path: '/api/runs/{id}',
      summary: 'One run',
      request: { params: id },
      responses: { 200: { description: 'The run.', ...json(schemas.run) } },
    }),
    async (c) => c.json(runJson(await own(c.get('principal').project, c.req.valid('param').id)), 200),
  );

  api.openapi(
    secured('developer', {
      method: 'post',
      path: '/api/runs/{id}/points',
      summary: 'Add values of metrics',
      request: { params: id, body: body(schemas.newPoints) },
      responses: done,
    }),
    async (c) => {
      const run = await own(c.get('principal').project, c.req.valid('param').id);
      await addPoints(db, run.id, toldPoints(c.req.valid('json')));
      return c.body(null, 204);
    },
  );

  api.openapi(
    secured('developer', {
      method: 'get',
      path: '/api/runs/{id}/metrics/{metric}',
      summary: 'A metric over the steps',
      description:
        'In at most so many points; where there are more, the smallest and the largest of each stretch.',
      request: {
        params: id.extend({ metric: z.string() }),
        query: z.object({ points: schemas.queryNumber(2, 10_000) }),
      },
      responses: { 200: { description: 'The curve.', ...json(schemas.curve) } },
    }),
    async (c) => {
      const { metric, id: given } = c.req.valid('param');
      const run = await own(c.get('principal').project, given);
      const { count, points } = await curveOf(db, run.id, metric, c.req.valid('query').points);
      return c.json(
        {
          count,
          points: points.map(([step, value]): [number, ReturnType<typeof schemas.toAnyNumber>] => [
            step,
            schemas.toAnyNumber(value),
          ]),
        },
        200,
      );
    },
  );

  api.openapi(
    secured('developer', {
      method: 'post',
      path: '/api/runs/{id}/lines',
      summary: 'Add lines to the log',
      request: { params: id, body: body(schemas.newLines) },
      responses: done,
    }),
    async (c) => {
      const run = await own(c.get('principal').project, c.req.valid('param').id);
      const told = c.req.valid('json');
      await addLines(db, run.id, toldLines(told), told.first);
      return c.body(null, 204);
    },
  );

  api.openapi(
    secured('developer', {
      method: 'get',
      path: '/api/runs/{id}/lines',
      summary: 'The log',
      request: {
        params: id,
        query: z.object({ from: schemas.queryNumber(1, 2 ** 31 - 1), limit: schemas.queryNumber(1, 10_000) }),
      },
      responses: { 200: { description: 'Lines.', ...json(z.object({ lines: z.array(schemas.line) })) } },
    }),
    async (c) => {
      const run = await own(c.get('principal').project, c.req.valid('param').id);
      const lines = await linesOf(db, run.id, c.req.valid('query'));
      return c.json({ lines: lines.map((line) => ({ ...line, at: line.at.toISOString() })) }, 200);
    },
  );

  api.openapi(
    secured('developer', {
      method: 'get',
      path: '/api/runs/{id}/files',
      summary: "A run's files",
      request: { params: id },
      responses: { 200: { description: 'Files.', ...json(z.object({ files: z.array(schemas.file) })) } },
    }),
    async (c) => {
      const run = await own(c.get('principal').project, c.req.valid('param').id);
      const files = await artefactsOf(db, run.id);
      return c.json({ files: files.map(({ path, sha256, size }) => ({ path, sha256, size })) }, 200);
    },
  );

  const file = id.extend({ path: z.string().openapi({ description: 'Path in the run, with %2F for /.' }) });
  api.openapi(
    secured('developer', {
      method: 'put',
      path: '/api/runs/{id}/files/{path}',
      summary: 'Keep a file',
      request: {
        params: file,
        body: {
          content: octets,
        },
      },
      responses: done,
    }),
    async (c) => {
      const { id: given, path } = c.req.valid('param');
      const run = await own(c.get('principal').project, given);
      const place = requirePath(path);
      await addArtefact(db, run.id, place, await store.objects.put(bounded(c.req.raw, maxUploadBytes)));
      return c.body(null, 204);
    },
  );

  api.openapi(
    secured('developer', {
      method: 'get',
      path: '/api/runs/{id}/files/{path}',
      summary: 'The content of a file',
      request: { params: file },
      responses: {
        200: {
          description: 'The content.',
          content: octets,
        },
      },
    }),
    async (c) => {
      const { id: given, path } = c.req.valid('param');
      const run = await own(c.get('principal').project, given);
      const found = (await artefactsOf(db, run.id)).find((each) => each.path === path);
      if (!found) throw new NotFoundError(`The run has no file '${path}'.`);
      return c.body(...(await contentOf(store, found)));
    },
  );

  api.openapi(
    secured('developer', {
      method: 'post',
      path: '/api/runs/{id}/end',
      summary: 'End a run',
      request: { params: id, body: body(schemas.runEnd) },
      responses: done,
    }),
    async (c) => {
      const run = await own(c.get('principal').project, c.req.valid('param').id);
      const { status, error } = c.req.valid('json');
      await endRun(db, run.id, status, error);
      return c.body(null, 204);
    },
  );

  api.openapi(
    secured('developer', {
      method: 'post',
      path: '/api/runs/{id}/reopen',
      summary: 'Go on with a run',
      description: 'After its training was resumed.',
      request: { params: id },
      responses: done,
    }),
    async (c) => {
      const run = await own(c.get('principal').project, c.req.valid('param').id);
      await reopenRun(db, run.id);
      return c.body(null, 204);
    },
  );
  return api;
}

/** Points as they were sent; those without a moment are of now. */
export function toldPoints({ points }: z.infer<typeof schemas.newPoints>): Point[] {
  const now = new Date();
  return points.map(({ at, value, ...point }) => ({
    ...point,
    value: Number(value),
    at: at === undefined ? now : new Date(at),
  }));
}

/** Lines as they were sent. */
export function toldLines({ lines }: z.infer<typeof schemas.newLines>): { text: string; at: Date }[] {
  const now = new Date();
  return lines.map(({ text, at }) => ({ text, at: at === undefined ? now : new Date(at) }));
}

/** A stored content as a response's body, with its headers. @throws NotFoundError when it is not there, or not whole */
export async function contentOf(
  { objects }: Pick<ApiContext['store'], 'objects'>,
  { sha256, size }: StoredObject,
): Promise<[ReadableStream<Uint8Array>, 200, { 'Content-Type': string; 'Content-Length': string }]> {
  if ((await objects.sizeOf(sha256)) !== size)
    throw new NotFoundError(`The content ${sha256} is missing from the store, or not whole.`);
  const content = Readable.toWeb(await objects.read(sha256)) as ReadableStream<Uint8Array>;
  return [content, 200, { 'Content-Type': 'application/octet-stream', 'Content-Length': String(size) }];
}

function runJson({ project: _, createdAt, seenAt, endedAt, metrics, ...run }: RunView) {
  return {
    ...run,
    createdAt: createdAt.toISOString(),
    seenAt: seenAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
    metrics: Object.fromEntries(
      Object.entries(metrics).map(([name, { last, ...summary }]) => [
        name,
        { ...summary, last: schemas.toAnyNumber(last) },
      ]),
    ),
  };
}

/** @throws InputError for a path that leads out of its folder */
export function requirePath(path: string): string {
  const parts = path.split('/');
  if (
    path.length <= 500 &&
    parts.every((part) => part !== '' && part !== '.' && part !== '..' && !/[\\\0]/.test(part))
  )
    return path;
  throw new InputError(
    `'${path.slice(0, 100)}' is no path of a file: take names with / between, without . and ..`,
  );
}

/** The body of a request as a stream. It breaks off, and nothing is kept, when it is longer than allowed or cut off. */
export function bounded({ body: content }: Request, most: number): Readable {
  if (!content) return Readable.from([]);
  const limited = async function* (): AsyncGenerator<Uint8Array> {
    let size = 0;
    for await (const chunk of Readable.fromWeb(content as NodeReadableStream<Uint8Array>)) {
      size += (chunk as Uint8Array).length;
      if (size > most) throw new InputError(`The body is larger than the ${most} bytes that are taken.`);
      yield chunk as Uint8Array;
    }
  };
  return Readable.from(limited());
}
