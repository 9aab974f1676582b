import { z } from '@hono/zod-openapi';
import { note } from '../access/audit.js';
import type { Deployment } from '../serving/deployments.js';
import { type Api, type ApiContext, body, json, newApi, secured } from './context.js';
import * as schemas from './schemas.js';

const byName = z.object({ name: z.string() });
const byVersion = byName.extend({
  version: z.string().openapi({ description: 'A number, an alias, or `latest`.' }),
});
const changed = { 200: { description: 'The deployment.', ...json(schemas.deployment) } } as const;

/** Which versions of which models answer requests. */
export function deploymentRoutes({ store, deployments }: ApiContext): Api {
  const { db } = store;
  const api = newApi();

  api.openapi(
    secured('caller', {
      method: 'get',
      path: '/api/deployments',
      summary: 'List deployments',
      responses: {
        200: { description: 'Deployments.', ...json(z.object({ deployments: z.array(schemas.deployment) })) },
      },
    }),
    async (c) => {
      const list = await deployments.list(c.get('principal').project);
      return c.json({ deployments: list.map(deploymentJson) }, 200);
    },
  );

  api.openapi(
    secured('developer', {
      method: 'put',
      path: '/api/deployments/{name}',
      summary: 'Deploy a version of a model',
      description:
        'In place of the one before, without losing a request. An alias is followed when it moves.',
      request: { params: byName, body: body(schemas.newDeployment) },
      responses: changed,
    }),
    async (c) => {
      const principal = c.get('principal');
      const { name: model } = c.req.valid('param');
      const { version, ...more } = c.req.valid('json');
      const deployment = await deployments.deploy({
        project: principal.project,
        model,
        reference: String(version),
        ...more,
      });
      await note(db, principal, 'deployment.set', model, { version: deployment.version });
      return c.json(deploymentJson(deployment), 200);
    },
  );

  api.openapi(
    secured('developer', {
      method: 'delete',
      path: '/api/deployments/{name}',
      summary: 'End a deployment',
      request: { params: byName },
      responses: { 204: { description: 'Done.' } },
    }),
    async (c) => {
      const principal = c.get('principal');
      const { name } = c.req.valid('param');
      await deployments.remove(principal.project, name);
      await note(db, principal, 'deployment.remove', name);
      return c.body(null, 204);
    },
  );

  api.openapi(
    secured('developer', {
      method: 'put',
      path: '/api/deployments/{name}/versions/{version}',
      summary: 'Let a further version answer a share of the requests',
      description:
        'Or, with a share of 0, give it copies of them. The version is not followed when an alias moves.',
      request: { params: byVersion, body: body(schemas.newChallenger) },
      responses: changed,
    }),
    async (c) => {
      const principal = c.get('principal');
      const { name, version } = c.req.valid('param');
      const { share } = c.req.valid('json');
      const deployment = await deployments.challenge(principal.project, name, version, share);
      await note(db, principal, 'deployment.challenge', name, { version, share });
      return c.json(deploymentJson(deployment), 200);
    },
  );

  api.openapi(
    secured('developer', {
      method: 'delete',
      path: '/api/deployments/{name}/versions/{version}',
      summary: 'Let a further version answer no more',
      request: { params: byVersion },
      responses: changed,
    }),
    async (c) => {
      const principal = c.get('principal');
      const { name, version } = c.req.valid('param');
      const deployment = await deployments.dismiss(principal.project, name, version);
      await note(db, principal, 'deployment.dismiss', name, { version });
      return c.json(deploymentJson(deployment), 200);
    },
  );

  api.openapi(
    secured('developer', {
      method: 'post',
      path: '/api/deployments/{name}/versions/{version}/promote',
      summary: 'Deploy a version with the settings of the one before',
      description: 'Other challengers stay.',
      request: { params: byVersion },
      responses: changed,
    }),
    async (c) => {
      const principal = c.get('principal');
      const { name, version } = c.req.valid('param');
      const deployment = await deployments.promote(principal.project, name, version);
      await note(db, principal, 'deployment.promote', name, { version: deployment.version });
      return c.json(deploymentJson(deployment), 200);
    },
  );
  return api;
}

function deploymentJson({ project: _, at: __, versions, ...deployment }: Deployment) {
  return { ...deployment, versions: [...versions] };
}
