import { join } from 'node:path';
import { authenticateByKey } from './access/authenticate.js';
import { Keyring } from './access/keyring.js';
import { createKey, defaultProject, hasKeys, type Principal } from './access/keys.js';
import { Meter } from './access/meter.js';
import { Quotas } from './access/quotas.js';
import { withWorkerKey } from './access/workerKey.js';
import { createApi } from './api/index.js';
import { parseParameters } from './cli/jobOptions.js';
import { countJobs, expireLeases, extendLeases } from './jobs/index.js';
import { openSigner, type Signer, trialLimits } from './registry/index.js';
import { lostRunsMarker } from './runs/record.js';
import { type ModelAppOptions, serverContext } from './server/app.js';
import { type DirectAnswer, directInference } from './server/directInference.js';
import type { AcceptedStream, ModelEnvironment } from './server/modelSource.js';
import { acceptStream } from './server/soundStreams.js';
import { deployedModels, servingApp, streamRoute } from './serving/app.js';
import { Deployments, type WatchOf } from './serving/deployments.js';
import { Drift } from './serving/drift.js';
import { driftAlarm } from './serving/driftAlarm.js';
import { openStore, type Store, type StoreOptions } from './store/index.js';
import { projects } from './store/schema.js';
import {
  type Answered,
  type Logger,
  Metrics,
  observed,
  openTracing,
  requestLog,
  watcher,
} from './watching/index.js';

export interface ServiceOptions extends StoreOptions, ModelAppOptions {
  /** Whether no key is needed: for one person on one machine. Default: false. */
  readonly insecure?: boolean | undefined;
  /** A PEM file with a private Ed25519 key that signs versions. Default: they are not signed. */
  readonly signingKey?: string | undefined;
  /** The most bytes of an uploaded model or file. Default: 2 GiB. */
  readonly maxUploadBytes?: number | undefined;
  /** The most bytes that deployed models may take in memory together. Default: no bound. */
  readonly modelMemory?: number | undefined;
  /**
   * The most bytes that a run of a model may take, in a process of its own. Default: 2 GB. 0: no bound, and models run in this process.
   */
  readonly runMemory?: number | undefined;
  /** Where requests and faults are written. Default: faults alone, to standard error. */
  readonly log?: Logger | undefined;
  /** Milliseconds after which a job goes to another worker when the one that has it tells nothing of itself. Default: 30,000. */
  readonly lease?: number | undefined;
}

/** The platform: runs, models and deployments, as a function from request to response. */
export interface Service {
  readonly store: Store;
  fetch(request: Request): Promise<Response>;
  /** Answers requests for inference as `fetch` does, straight from Node's messages and in less time. */
  readonly direct: DirectAnswer;
  /** The model of a request for a stream of sound, or what is answered where there is none. */
  acceptStream(request: Request): Promise<AcceptedStream | Response>;
  /** The first administrator's key, where there was no key yet; it is shown this once. */
  readonly firstKey?: string | undefined;
  /** A key for this machine's own workers, which is good while the service is open. */
  readonly workerKey: string;
  /** Waits for the requests under way, and closes models and database. */
  close(): Promise<void>;
}

export { defaultProject } from './access/keys.js';

/** Milliseconds of silence after which a run is lost, and between two looks. */
const silence = 10 * 60_000;
const lookEvery = 60_000;

/** Milliseconds between two looks for workers that tell nothing of themselves. */
const leaseLookEvery = 2000;

/** Opens the platform in a folder. @throws Error when database, key or folder cannot be used, with the reason */
export async function openService(options: ServiceOptions): Promise<Service> {
  const { folder, insecure = false, maxUploadBytes = 2 * 2 ** 30, lease = 30_000, log } = options;
  const onError = options.onError ?? (log ? (err: Error) => log.error({ err }, 'fault') : console.error);
  const signer = options.signingKey === undefined ? undefined : await openSigner(options.signingKey);
  const store = await openStore(options);
  try {
    return await serviceOf(store, { ...options, folder, insecure, maxUploadBytes, lease, onError, signer });
  } catch (error) {
    await store.close();
    throw error;
  }
}

type Settings = ServiceOptions & {
  readonly insecure: boolean;
  readonly maxUploadBytes: number;
  readonly lease: number;
  readonly onError: (error: Error) => void;
  readonly signer: Signer | undefined;
};

async function serviceOf(store: Store, settings: Settings): Promise<Service> {
  const { folder, insecure, maxUploadBytes, lease, onError, signer } = settings;
  const { db } = store;
  const { runMemory = trialLimits.memory, timeout = trialLimits.timeout } = settings;
  const limits = { memory: runMemory || Number.MAX_SAFE_INTEGER, timeout };
  await db.insert(projects).values({ name: defaultProject }).onConflictDoNothing();
  const firstKey =
    insecure || (await hasKeys(db))
      ? undefined
      : (await createKey(db, { project: defaultProject, name: 'first', role: 'admin' })).key;
  const local: Principal = { name: 'local', project: defaultProject, role: 'admin' };
  const keyring = new Keyring(db);
  const byKey = authenticateByKey(db, keyring, insecure ? local : undefined);
  const { key: workerKey, authenticate } = withWorkerKey(byKey);
  const metrics = new Metrics();
  metrics.gauge('modelwright_jobs_queued', 'Jobs that wait for a worker', () => countJobs(db, 'queued'));
  metrics.gauge('modelwright_jobs_running', 'Jobs that workers have', () => countJobs(db, 'running'));
  const tracing = await openTracing();
  const watch: WatchOf = (...version) => metrics.ofModel(...version);
  const meter = new Meter(db, onError);
  const quotas = new Quotas(db, () => meter.flush());
  await quotas.open();
  const drift = new Drift(store, driftAlarm(metrics, settings.log, onError));
  await drift.open();
  const deployments = new Deployments(store, {
    ...{ folder: join(folder, 'deployed'), signer, watch },
    memory: settings.modelMemory,
    limits: runMemory > 0 ? limits : undefined,
    sample: (...version) => drift.sampler(...version),
  });
  await deployments.open();
  const workFolder = join(folder, 'work');
  await extendLeases(db, lease);
  let isOpen = true;
  const jobs = {
    lease,
    checkParameters: parseParameters,
    isOpen: () => isOpen && (settings.isReady?.() ?? true),
  };
  const api = createApi({
    ...{ store, deployments, keyring, authenticate, maxUploadBytes, workFolder, onError, metrics, jobs },
    ...{ meter, quotas, drift },
    publishing: { signer, limits },
    isReady: settings.isReady,
  });
  const sourceOf = deployedModels(store, deployments, authenticate, quotas);
  const serve = servingApp(sourceOf, settings);
  const observers = [
    (answered: Answered) => metrics.answered(answered),
    (answered: Answered) => {
      const { project, key, model, tokens } = answered;
      const asks = answered.method === 'POST' || answered.route === streamRoute;
      if (!asks || project === undefined || model === undefined) return;
      meter.note(answered);
      if (tokens) quotas.spend({ project, key, model }, tokens);
    },
    ...(settings.log ? [requestLog(settings.log)] : []),
  ];
  const watched = watcher(observers, tracing);
  const answer = (bindings?: ModelEnvironment['Bindings']) =>
    observed(async (request) => (await serve(request, bindings)) ?? api.fetch(request), watched);
  const markLostRuns = lostRunsMarker(db, silence);
  const look = setInterval(() => void markLostRuns().catch(onError), lookEvery);
  const leaseLook = setInterval(() => void expireLeases(db).catch(onError), leaseLookEvery);
  for (const timer of [look, leaseLook]) timer.unref();
  return {
    store,
    firstKey,
    workerKey,
    fetch: answer(),
    direct: directInference(sourceOf, { ...serverContext(settings), watch: watched }),
    acceptStream: (request) => acceptStream((asked, bindings) => answer(bindings)(asked), request),
    async close() {
      isOpen = false;
      for (const timer of [look, leaseLook]) clearInterval(timer);
      await deployments.close();
      await meter.close();
      await tracing?.close().catch(onError);
      await store.close();
    },
  };
}
