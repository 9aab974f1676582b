// What goes over the wire, described once: checked, typed, and in the OpenAPI document.
import { z } from '@hono/zod-openapi';
import { usagePeriods } from '../access/usage.js';
import { type JsonObject, personRoles, roles, runStatuses } from '../store/schema.js';

export const moment = z.iso.datetime({ offset: true }).openapi({ example: '2026-01-02T03:04:05.000Z' });

/** A number that JSON may not be able to write. */
export const anyNumber = z
  .union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])])
  .openapi({ description: "A number; what is none in JSON is written as 'NaN', 'Infinity' or '-Infinity'." });

/** @returns a number as `anyNumber` has it */
export function toAnyNumber(value: number): z.infer<typeof anyNumber> {
  return Number.isFinite(value) ? value : (String(value) as 'NaN' | 'Infinity' | '-Infinity');
}

/** How deep objects may be nested. */
const deepest = 20;

export const jsonObject = z
  .custom<JsonObject>(
    (value) =>
      typeof value === 'object' && value !== null && !Array.isArray(value) && isWithin(value, deepest),
    `expected an object nested at most ${deepest} deep`,
  )
  .openapi({ type: 'object', additionalProperties: true });

function isWithin(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return depth > 0 && Object.values(value).every((each) => isWithin(each, depth - 1));
}

const tags = z.array(z.string().min(1).max(100)).max(50);
const name = z.string().min(1).max(200);

export const newRun = z
  .object({
    name,
    task: z.string().max(100).optional(),
    parameters: jsonObject.optional(),
    environment: jsonObject.optional(),
    dataFingerprint: z.string().max(200).optional(),
    tags: tags.optional(),
  })
  .openapi('NewRun');

export const summary = z
  .object({
    count: z.int(),
    last: anyNumber,
    lastStep: z.int(),
    least: z.number().nullable(),
    leastStep: z.int().nullable(),
    greatest: z.number().nullable(),
    greatestStep: z.int().nullable(),
  })
  .openapi('MetricSummary');

export const run = z
  .object({
    id: z.uuid(),
    name,
    task: z.string().nullable(),
    status: z.enum(runStatuses),
    error: z.string().nullable(),
    parameters: jsonObject,
    environment: jsonObject,
    tags,
    dataFingerprint: z.string().nullable(),
    createdAt: moment,
    seenAt: moment,
    endedAt: moment.nullable(),
    metrics: z.record(z.string(), summary),
  })
  .openapi('Run');

export const runPage = z.object({ runs: z.array(run), next: z.string().optional() }).openapi('RunPage');

export const newPoints = z
  .object({
    points: z
      .array(
        z.object({
          metric: z.string().min(1).max(200),
          step: z.int().min(0),
          value: anyNumber,
          at: moment.optional(),
        }),
      )
      .max(10_000),
  })
  .openapi('NewPoints');

export const newLines = z
  .object({
    lines: z.array(z.object({ text: z.string().max(10_000), at: moment.optional() })).max(1000),
    first: z
      .int()
      .min(1)
      .max(2 ** 31 - 1001)
      .optional()
      .openapi({
        description:
          'The number of the first line, from 1: those that are there already are not added again. Default: after the last.',
      }),
  })
  .openapi('NewLines');

export const runEnd = z
  .object({
    status: z.enum(['finished', 'failed', 'interrupted']),
    error: z.string().max(10_000).optional(),
  })
  .openapi('RunEnd');

export const curve = z
  .object({ count: z.int(), points: z.array(z.tuple([z.int(), anyNumber])) })
  .openapi('Curve');

export const line = z.object({ line: z.int(), at: moment, text: z.string() }).openapi('Line');

export const file = z.object({ path: z.string(), sha256: z.string(), size: z.int() }).openapi('File');

export const model = z
  .object({
    name: z.string(),
    description: z.string(),
    tags,
    createdAt: moment,
    latest: z.int().nullable(),
    versions: z.int(),
    aliases: z.record(z.string(), z.int()),
  })
  .openapi('Model');

export const version = z
  .object({
    model: z.string(),
    version: z.int(),
    task: z.string(),
    files: z.array(file),
    digest: z.string(),
    signature: z.string().nullable(),
    run: z.uuid().nullable(),
    parent: z.int().nullable(),
    metrics: z.record(z.string(), z.number()),
    dataFingerprint: z.string().nullable(),
    tags,
    aliases: z.array(z.string()),
    createdAt: moment,
  })
  .openapi('Version');

export const tagList = z.object({ tags }).openapi('Tags');

export const newDeployment = z
  .object({
    /** A number, an alias, or `latest`. */
    version: z.union([z.int(), z.string()]),
    replicas: z.int().min(1).max(64).optional(),
    queueSize: z.int().min(0).max(100_000).optional(),
    /** The most examples that are run together; requests are run one by one where it is left out. */
    batchSize: z.int().min(1).max(4096).optional(),
    /** Milliseconds that a request waits for others to be run with. */
    batchWindow: z.number().min(0).max(10_000).optional(),
  })
  .openapi('NewDeployment');

export const newChallenger = z
  .object({
    share: z.number().min(0).lt(100).openapi({
      description:
        'Per cent of the requests; 0 for a shadow, which gets copies of them all and whose answers go nowhere.',
    }),
  })
  .openapi('NewChallenger');

const deployedVersion = z
  .object({
    version: z.int(),
    share: z.number(),
    loaded: z.boolean(),
    requests: z.int(),
    failed: z.int().openapi({ description: 'Copies of requests that a shadow did not answer.' }),
  })
  .openapi('DeployedVersion');

export const deployment = z
  .object({
    model: z.string(),
    reference: z.string(),
    version: z.int(),
    replicas: z.int().optional(),
    queueSize: z.int().optional(),
    batchSize: z.int().optional(),
    batchWindow: z.number().optional(),
    ready: z.boolean(),
    error: z.string().optional(),
    versions: z.array(deployedVersion),
  })
  .openapi('Deployment');

export const newKey = z
  .object({
    name,
    role: z.enum(roles),
    models: z.array(z.string()).optional(),
    expiresAt: moment.optional(),
  })
  .openapi('NewKey');

export const key = z
  .object({
    id: z.string(),
    name,
    role: z.enum(roles),
    models: z.array(z.string()).nullable(),
    createdAt: moment,
    expiresAt: moment.nullable(),
    revokedAt: moment.nullable(),
    usedAt: moment.nullable(),
  })
  .openapi('Key');

const count = (greatest: number) => z.int().min(1).max(greatest).nullable().optional();

export const newQuota = z
  .object({
    key: z.string().max(100).optional().openapi({ description: 'Id of a key.' }),
    model: z.string().max(200).optional(),
    requestsPerMinute: count(2 ** 31 - 1),
    tokensPerMinute: count(2 ** 31 - 1),
    requestsPerMonth: count(Number.MAX_SAFE_INTEGER),
    tokensPerMonth: count(Number.MAX_SAFE_INTEGER),
  })
  .openapi('NewQuota');

export const quota = z
  .object({
    key: z.string(),
    model: z.string(),
    requestsPerMinute: z.int().nullable(),
    tokensPerMinute: z.int().nullable(),
    requestsPerMonth: z.int().nullable(),
    tokensPerMonth: z.int().nullable(),
    used: z.object({ requests: z.int(), tokens: z.int() }).openapi({ description: 'This month.' }),
  })
  .openapi('Quota');

export const usageQuery = z.object({
  by: z.enum(usagePeriods).optional(),
  from: moment.optional(),
  to: moment.optional(),
  key: z.string().optional(),
  model: z.string().optional(),
});

export const usageRow = z
  .object({
    at: z.string().openapi({ description: 'When the time began; empty for all of it.' }),
    key: z.string().openapi({ description: 'Id of the key; empty where a person asked.' }),
    caller: z.string(),
    model: z.string(),
    version: z.string(),
    requests: z.int(),
    errors: z.int(),
    refused: z.int().openapi({ description: 'For a quota.' }),
    tokens: z.int(),
    bytes: z.int(),
    milliseconds: z.number(),
    jobSeconds: z.number().openapi({ description: 'That workers had jobs for the caller.' }),
  })
  .openapi('Usage');

const webhook = z.url({ protocol: /^https?$/ }).max(2000);

export const driftSettings = z
  .object({
    mode: z.enum(['baseline', 'watch']),
    share: z.number().min(0).max(1).optional().openapi({ description: 'Default: 1.' }),
    threshold: z.number().min(0).max(100).optional().openapi({ description: 'Default: 0.2.' }),
    window: z.int().min(50).max(1_000_000).optional().openapi({ description: 'Examples. Default: 500.' }),
    webhook: webhook.nullable().optional(),
  })
  .openapi('NewDrift');

export const driftView = z
  .object({
    settings: z.object({
      mode: z.enum(['baseline', 'watch']),
      share: z.number(),
      threshold: z.number(),
      window: z.int(),
      webhook: z.string().nullable(),
    }),
    versions: z.array(
      z.object({
        version: z.string(),
        baseline: z.int().openapi({ description: 'Examples of the training data; 0 while there are none.' }),
        examples: z.int().openapi({ description: 'Examples since the last comparison.' }),
        last: z.object({ at: moment, indices: z.record(z.string(), z.number()) }).optional(),
      }),
    ),
  })
  .openapi('Drift');

const lengths = 'a password should have 10 to 200 characters';
const userName = z.string().min(1).max(100);
const password = z.string().max(1000).openapi({ format: 'password' });
const newPassword = z.string().min(10, lengths).max(200, lengths).openapi({ format: 'password' });

export const newUser = z
  .object({
    name: userName,
    role: z.enum(personRoles),
    /** For somebody new; left out for somebody who is in another project already. */
    password: newPassword.optional(),
  })
  .openapi('NewUser');

export const userChange = z
  .object({ role: z.enum(personRoles).optional(), password: newPassword.optional() })
  .openapi('UserChange');

export const user = z
  .object({
    name: z.string(),
    role: z.enum(roles),
    createdAt: moment,
    signedInAt: moment.nullable(),
  })
  .openapi('User');

export const signIn = z
  .object({ name: userName, password, project: z.string().max(200).optional() })
  .openapi('SignIn');

export const session = z
  .object({
    user: z.string(),
    project: z.string(),
    role: z.enum(roles),
    projects: z.array(z.object({ project: z.string(), role: z.enum(roles) })),
    expiresAt: moment,
    csrf: z
      .string()
      .openapi({ description: 'For the header X-CSRF-Token of requests that change something.' }),
  })
  .openapi('Session');

export const passwordChange = z.object({ before: password, password: newPassword }).openapi('PasswordChange');

export const auditEntry = z
  .object({
    id: z.int(),
    at: moment,
    actor: z.string(),
    action: z.string(),
    subject: z.string(),
    details: jsonObject,
  })
  .openapi('AuditEntry');

/** A number in an address, within bounds. */
export const queryNumber = (least: number, greatest: number) =>
  z.coerce.number().int().min(least).max(greatest).optional();
