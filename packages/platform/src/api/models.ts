import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { z } from '@hono/zod-openapi';
import { note } from '../access/audit.js';
import { packFolder, withUnpacked } from '../registry/archive.js';
import * as registry from '../registry/index.js';
import { type Api, type ApiContext, body, json, newApi, secured } from './context.js';
import { bounded } from './runs.js';
import * as schemas from './schemas.js';

const byName = z.object({ name: z.string() });
const byReference = byName.extend({
  version: z.string().openapi({ description: 'A number, an alias, or `latest`.' }),
});
const done = { 204: { description: 'Done.' } } as const;
const binary = { 'application/x-tar': { schema: z.string().openapi({ format: 'binary' }) } };
const page = z.object({
  limit: schemas.queryNumber(1, 200),
  offset: schemas.queryNumber(0, 1_000_000_000),
});

/** The registry: models, their versions, and the names that point at them. */
export function modelRoutes(context: ApiContext): Api {
  const { store, publishing, maxUploadBytes, workFolder, deployments } = context;
  const { db } = store;
  const api = newApi();

  api.openapi(
    secured('caller', {
      method: 'get',
      path: '/api/models',
      summary: 'List models',
      request: { query: page },
      responses: {
        200: { description: 'Models by name.', ...json(z.object({ models: z.array(schemas.model) })) },
      },
    }),
    async (c) => {
      const { project } = c.get('principal');
      const models = await registry.listModels(db, { project, ...c.req.valid('query') });
      return c.json({ models: models.map(modelJson) }, 200);
    },
  );

  api.openapi(
    secured('caller', {
      method: 'get',
      path: '/api/models/{name}',
      summary: 'One model',
      request: { params: byName },
      responses: { 200: { description: 'The model.', ...json(schemas.model) } },
    }),
    async (c) => {
      const { project } = c.get('principal');
      return c.json(modelJson(await registry.findModel(db, project, c.req.valid('param').name)), 200);
    },
  );

  api.openapi(
    secured('developer', {
      method: 'post',
      path: '/api/models/{name}/versions',
      summary: 'Publish a version',
      description: "The body is a tar archive of a saved model's folder.",
      request: {
        params: byName,
        query: z.object({
          description: z.string().max(10_000).optional(),
          run: z.uuid().optional(),
          parent: schemas.queryNumber(1, 2 ** 31 - 1),
          tag: z.union([z.string(), z.array(z.string())]).optional(),
        }),
        body: { content: binary },
      },
      responses: { 201: { description: 'The version.', ...json(schemas.version) } },
    }),
    async (c) => {
      const principal = c.get('principal');
      const { project } = principal;
      const { name } = c.req.valid('param');
      const { tag, ...more } = c.req.valid('query');
      registry.requireName('The model name', name);
      const number = await withUnpacked(
        bounded(c.req.raw, maxUploadBytes),
        workFolder,
        { bytes: maxUploadBytes },
        (directory) =>
          registry.publishVersion(
            store,
            { project, name, directory, tags: [tag ?? []].flat(), ...more },
            publishing,
          ),
      );
      await note(db, principal, 'version.publish', `${name}/${number}`);
      return c.json(versionJson(await registry.findVersion(db, project, name, String(number))), 201);
    },
  );

  api.openapi(
    secured('caller', {
      method: 'get',
      path: '/api/models/{name}/versions',
      summary: "A model's versions",
      description: 'The newest first.',
      request: { params: byName, query: page },
      responses: {
        200: { description: 'Versions.', ...json(z.object({ versions: z.array(schemas.version) })) },
      },
    }),
    async (c) => {
      const { project } = c.get('principal');
      const versions = await registry.listVersions(
        db,
        project,
        c.req.valid('param').name,
        c.req.valid('query'),
      );
      return c.json({ versions: versions.map(versionJson) }, 200);
    },
  );

  api.openapi(
    secured('caller', {
      method: 'get',
      path: '/api/models/{name}/versions/{version}',
      summary: 'One version',
      request: { params: byReference },
      responses: { 200: { description: 'The version.', ...json(schemas.version) } },
    }),
    async (c) => {
      const { name, version } = c.req.valid('param');
      return c.json(
        versionJson(await registry.findVersion(db, c.get('principal').project, name, version)),
        200,
      );
    },
  );

  api.openapi(
    secured('developer', {
      method: 'get',
      path: '/api/models/{name}/versions/{version}/archive',
      summary: 'Export a version',
      description: 'Its files are checked against their hashes, and its signature where a key is set.',
      request: { params: byReference },
      responses: { 200: { description: 'A tar archive of its folder.', content: binary } },
    }),
    async (c) => {
      const { name, version } = c.req.valid('param');
      const found = await registry.findVersion(db, c.get('principal').project, name, version);
      return c.body(...(await archiveOf(context, found)));
    },
  );

  api.openapi(
    secured('developer', {
      method: 'put',
      path: '/api/models/{name}/versions/{version}/tags',
      summary: "Replace a version's tags",
      request: { params: byReference, body: body(schemas.tagList) },
      responses: done,
    }),
    async (c) => {
      const principal = c.get('principal');
      const { name, version } = c.req.valid('param');
      const { tags } = c.req.valid('json');
      await registry.setTags(db, principal.project, name, version, tags);
      await note(db, principal, 'version.tag', `${name}/${version}`, { tags });
      return c.body(null, 204);
    },
  );

  api.openapi(
    secured('developer', {
      method: 'delete',
      path: '/api/models/{name}/versions/{version}',
      summary: 'Delete a version',
      description: 'Its number is not given again.',
      request: { params: byReference },
      responses: done,
    }),
    async (c) => {
      const principal = c.get('principal');
      const { name, version } = c.req.valid('param');
      await registry.deleteVersion(db, principal.project, name, version);
      await note(db, principal, 'version.delete', `${name}/${version}`);
      return c.body(null, 204);
    },
  );

  const byAlias = byName.extend({ alias: z.string() });
  api.openapi(
    secured('developer', {
      method: 'put',
      path: '/api/models/{name}/aliases/{alias}',
      summary: 'Point an alias at a version',
      request: { params: byAlias, body: body(z.object({ version: z.union([z.int(), z.string()]) })) },
      responses: done,
    }),
    async (c) => {
      const principal = c.get('principal');
      const { name, alias } = c.req.valid('param');
      const { version } = c.req.valid('json');
      await registry.setAlias(db, principal.project, name, alias, String(version));
      await note(db, principal, 'alias.set', `${name}@${alias}`, { version });
      await deployments.follow(principal.project, name);
      return c.body(null, 204);
    },
  );

  api.openapi(
    secured('developer', {
      method: 'delete',
      path: '/api/models/{name}/aliases/{alias}',
      summary: 'Remove an alias',
      request: { params: byAlias },
      responses: done,
    }),
    async (c) => {
      const principal = c.get('principal');
      const { name, alias } = c.req.valid('param');
      await registry.removeAlias(db, principal.project, name, alias);
      await note(db, principal, 'alias.remove', `${name}@${alias}`);
      return c.body(null, 204);
    },
  );
  return api;
}

function modelJson({ id: _, project: __, createdAt, ...model }: registry.ModelView) {
  return { ...model, createdAt: createdAt.toISOString() };
}

function versionJson({ modelId: _, createdAt, files, ...version }: registry.FoundVersion) {
  return { ...version, files: [...files], createdAt: createdAt.toISOString(), aliases: [...version.aliases] };
}

/** A version's folder as a response's body, with its headers: files checked against their hashes and signature. */
export async function archiveOf(
  { store, publishing, workFolder }: ApiContext,
  found: registry.FoundVersion,
): Promise<[ReadableStream<Uint8Array>, 200, Record<'Content-Type' | 'Content-Disposition', string>]> {
  const folder = join(workFolder, `export-${randomUUID()}`);
  await registry.checkOut(store.objects, found, folder, publishing?.signer);
  const archive = packFolder(folder);
  archive.once('close', () => rm(folder, { recursive: true, force: true }));
  const name = `${found.model}-${found.version}.tar`;
  return [
    Readable.toWeb(archive) as ReadableStream<Uint8Array>,
    200,
    { 'Content-Type': 'application/x-tar', 'Content-Disposition': `attachment; filename="${name}"` },
  ];
}
