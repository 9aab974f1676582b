import { z } from '@hono/zod-openapi';
import { note } from '../access/audit.js';
import type { Deployment } from '../serving/deployments.js';
import { type Api, type ApiContext, body, json, newApi, secured } from './context.js';
import * as schemas from './schemas.js';

const byName = z.object({ name: z.string() });

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
      responses: { 200: { description: 'The deployment.', ...json(schemas.deployment) } },
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
  return api;
}

const deploymentJson = ({ project: _, at: __, ...deployment }: Deployment) => deployment;
