import { createRoute, OpenAPIHono, type RouteConfig, z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import type { Keyring } from '../access/keyring.js';
import { defaultProject, mayAct, type Principal } from '../access/keys.js';
import type { Meter } from '../access/meter.js';
import type { Quotas } from '../access/quotas.js';
import type { PublishingSettings } from '../registry/index.js';
import { ServiceError } from '../server/errors.js';
import type { Deployments } from '../serving/deployments.js';
import type { Drift } from '../serving/drift.js';
import type { Store } from '../store/index.js';
import type { JobKind } from '../store/jobSchema.js';
import type { JsonObject, Role } from '../store/schema.js';
import type { Metrics } from '../watching/index.js';
import { jsonAlone } from './wellFormed.js';

/** What the routes of the API work with. */
export interface ApiContext {
  readonly store: Store;
  readonly deployments: Deployments;
  readonly keyring: Keyring;
  /** How versions are published. */
  readonly publishing?: PublishingSettings | undefined;
  /** A folder for uploads and exports under way. */
  readonly workFolder: string;
  /** The most bytes of an uploaded model or file. */
  readonly maxUploadBytes: number;
  /** What the platform measures of itself. Default: nothing but its process. */
  readonly metrics?: Metrics | undefined;
  /** Notes what is asked of models, and bounds it. Default: nobody does. */
  readonly meter?: Meter | undefined;
  readonly quotas?: Quotas | undefined;
  /** Looks for drift. Default: nobody does. */
  readonly drift?: Drift | undefined;
  /** Whether new requests are welcome. Default: always. */
  readonly isReady?: (() => boolean) | undefined;
  readonly jobs: JobSettings;
}

/** What the API must know of jobs, which it does not do itself. */
export interface JobSettings {
  /** Milliseconds that a worker has a job without telling of itself. */
  readonly lease: number;
  /** @throws InputError when there is no such task, or its options are not such */
  checkParameters(kind: JobKind, task: string, parameters: JsonObject): void;
  /** False once the platform stops: those who watch a job are let go. */
  isOpen(): boolean;
}

/** What a request carries along: who asks. */
export interface ApiEnvironment {
  readonly Variables: { principal: Principal };
}

export type Api = OpenAPIHono<ApiEnvironment>;

/** An empty part of the API. What does not fit its description is answered with 400, naming the place. */
export function newApi(): Api {
  return new OpenAPIHono<ApiEnvironment>({
    defaultHook(result) {
      if (result.success) return;
      const [issue] = result.error.issues;
      const place = [result.target, ...issue!.path].join('.');
      throw new ServiceError(400, `${place}: ${issue!.message}.`);
    },
  });
}

export const errorBody = z.object({ error: z.string() }).openapi('Error');

const faults = {
  400: 'The request does not fit the description.',
  401: 'There is no key, or it is not valid.',
  403: 'The key may not do this.',
  404: 'There is no such thing.',
  409: 'This does not fit the state that things are in.',
} as const;

/** Describes a route that needs a key of a role, or of one that may do more. */
export function secured<const Route extends Omit<RouteConfig, 'middleware' | 'security'>>(
  needed: Role,
  route: Route,
) {
  const answers = Object.fromEntries(
    Object.entries(faults).map(([status, description]) => [
      status,
      { description, content: { 'application/json': { schema: errorBody } } },
    ]),
  );
  return createRoute({
    ...route,
    description: `${'description' in route && route.description ? `${route.description} ` : ''}Needs a key of the role ${needed}.`,
    security: [{ key: [] }],
    'x-role': needed,
    middleware: takesJson(route) ? [requireRole(needed), jsonAlone] : [requireRole(needed)],
    responses: { ...route.responses, ...answers } as Route['responses'],
  });
}

const takesJson = (route: Omit<RouteConfig, 'middleware'>): boolean =>
  route.request?.body?.content['application/json'] !== undefined;

function requireRole(needed: Role): MiddlewareHandler<ApiEnvironment> {
  return async (c, next) => {
    const { role, name } = c.get('principal');
    if (!mayAct(role, needed)) {
      throw new ServiceError(403, `The key '${name}' has the role ${role}, but this needs ${needed}.`);
    }
    await next();
  };
}

/** @throws ServiceError 403 for others than those who run the platform: administrators of the first project */
export function requireOperator(project: string): void {
  if (project === defaultProject) return;
  throw new ServiceError(
    403,
    `This is about all projects: it needs an administrator of '${defaultProject}'.`,
  );
}

/** JSON of a schema, for `request.body.content` and `responses`. */
export const json = <Schema extends z.ZodType>(schema: Schema) => ({
  content: { 'application/json': { schema } },
});

/** A JSON body that must be there. */
export const body = <Schema extends z.ZodType>(schema: Schema) => ({ required: true, ...json(schema) });
