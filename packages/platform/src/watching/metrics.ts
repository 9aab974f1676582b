import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { ModelWatch } from './modelWatch.js';

/** A request that has been answered. */
export interface AnsweredRequest {
  readonly method: string;
  /** Pattern of its address; left out where it has none. */
  readonly route?: string | undefined;
  readonly status: number;
  /** Seconds from its coming to the end of the answer. */
  readonly seconds: number;
  readonly project?: string | undefined;
  /** The model that was asked, where there is such a one. */
  readonly model?: string | undefined;
  readonly version?: string | undefined;
  readonly tokens?: number | undefined;
}

const ofModel = ['project', 'model', 'version'] as const;
const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/**
 * The platform's metrics, as Prometheus reads them. Those of models have Triton's names
 * (https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/user_guide/metrics.html); times of theirs are sums in
 * microseconds. Labels have bounded values: patterns of addresses, and models that are served.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests = this.#counter('http_requests_total', 'Requests answered', [
    'method',
    'route',
    'status',
  ]);
  readonly #durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Seconds to answer a request',
    labelNames: ['method', 'route'],
    buckets: seconds,
    registers: [this.#registry],
  });
  readonly #success = this.#counter(
    'nv_inference_request_success',
    'Requests that a model answered',
    ofModel,
  );
  readonly #failure = this.#counter('nv_inference_request_failure', 'Requests that failed', ofModel);
  readonly #duration = this.#counter(
    'nv_inference_request_duration_us',
    'Time of requests, from their coming to their answer, in microseconds',
    ofModel,
  );
  readonly #count = this.#counter('nv_inference_count', 'Inferences made', ofModel);
  readonly #executions = this.#counter('nv_inference_exec_count', 'Times that a model was run', ofModel);
  readonly #queue = this.#counter(
    'nv_inference_queue_duration_us',
    'Time that requests waited, in microseconds',
    ofModel,
  );
  readonly #compute = this.#counter(
    'nv_inference_compute_infer_duration_us',
    'Time that models were run, in microseconds',
    ofModel,
  );
  readonly #pending = new Gauge({
    name: 'nv_inference_pending_request_count',
    help: 'Requests that wait for a model',
    labelNames: ofModel,
    registers: [this.#registry],
  });
  readonly #tokens = this.#counter('generation_tokens_total', 'Tokens read and written', ofModel);
  readonly #firstToken = new Histogram({
    name: 'time_to_first_token_seconds',
    help: 'Seconds until the first piece of a text',
    labelNames: ofModel,
    buckets: seconds,
    registers: [this.#registry],
  });
  readonly #nextToken = new Histogram({
    name: 'inter_token_latency_seconds',
    help: 'Seconds between two pieces of a text',
    labelNames: ofModel,
    buckets: seconds,
    registers: [this.#registry],
  });

  readonly #drift = new Gauge({
    name: 'modelwright_drift_index',
    help: 'Population stability index against the training data, of the last examples that were compared',
    labelNames: [...ofModel, 'feature'],
    registers: [this.#registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
  }

  /** The media type of `text`. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All metrics in Prometheus' format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** Counts a request that has been answered. */
  answered(request: AnsweredRequest): void {
    const { route = 'other', status, seconds: took, project = '', model, version = '', tokens = 0 } = request;
    const method = methods.has(request.method) ? request.method : 'other';
    this.#requests.inc({ method, route, status: String(status) });
    this.#durations.observe({ method, route }, took);
    if (model === undefined || method === 'GET') return;
    const labels = { project, model, version };
    (status < 400 ? this.#success : this.#failure).inc(labels);
    this.#duration.inc(labels, Math.round(took * 1e6));
    if (tokens > 0) this.#tokens.inc(labels, tokens);
  }

  /** What a version of a model that is served tells of itself. */
  ofModel(project: string, model: string, version: string): ModelWatch {
    const labels = { project, model, version };
    return {
      waiting: () => {
        const since = performance.now();
        this.#pending.inc(labels);
        let waits = true;
        return () => {
          if (!waits) return;
          waits = false;
          this.#pending.dec(labels);
          this.#queue.inc(labels, Math.round((performance.now() - since) * 1e3));
        };
      },
      executed: (batch, took) => {
        this.#count.inc(labels, batch);
        this.#executions.inc(labels);
        this.#compute.inc(labels, Math.round(took * 1e6));
      },
      firstToken: (took) => this.#firstToken.observe(labels, took),
      nextToken: (took) => this.#nextToken.observe(labels, took),
    };
  }

  /** Shows how far the features of a version are from the training data. */
  drift(project: string, model: string, version: string, indices: Readonly<Record<string, number>>): void {
    for (const [feature, index] of Object.entries(indices)) {
      this.#drift.set({ project, model, version, feature }, index);
    }
  }

  /** Adds a number that is read whenever metrics are asked for. */
  gauge(name: string, help: string, value: () => number | Promise<number>): void {
    new Gauge({
      name,
      help,
      registers: [this.#registry],
      async collect() {
        this.set(await value());
      },
    });
  }

  #counter<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames: [...labelNames], registers: [this.#registry] });
  }
}
