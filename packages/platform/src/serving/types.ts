import type { RunLimits } from 'modelwright/runtime';
import type { Signer } from '../registry/index.js';
import type { Sampler, ServingSettings } from '../server/servedModel.js';
import type { ModelWatch } from '../watching/index.js';
import type { Challenger, DeploymentRow } from './rows.js';

/** How a model is to answer requests. */
export interface NewDeployment extends ServingSettings {
  readonly project: string;
  /** Name of the model. */
  readonly model: string;
  /** A number, an alias that is followed when it moves, or `latest`. */
  readonly reference: string;
}

/** A version of a deployed model, and what became of the requests to it since the platform started. */
export interface DeployedVersion extends Challenger {
  /** Whether it is in memory; where memory is bounded it may be opened when it is asked for. */
  readonly loaded: boolean;
  readonly requests: number;
  /** Copies of requests that a shadow did not answer. */
  readonly failed: number;
}

/** A model that answers requests. */
export interface Deployment extends Omit<DeploymentRow, 'challengers' | 'modelId'> {
  /** Whether it does; false while it is being opened, and where it could not be. */
  readonly ready: boolean;
  /** Why it could not be opened. */
  readonly error?: string | undefined;
  /** The deployed version first, then its challengers. */
  readonly versions: readonly DeployedVersion[];
}

/** Who is told what a version of a model does. */
export type WatchOf = (project: string, model: string, version: string) => ModelWatch;

export interface DeploymentsOptions {
  /** Where the files of versions are laid out for running. */
  readonly folder: string;
  readonly signer?: Signer | undefined;
  readonly watch?: WatchOf | undefined;
  /** Looks at what versions are given and give. */
  readonly sample?: ((...of: Parameters<WatchOf>) => Sampler) | undefined;
  /** The most bytes that open models may take together. Default: no bound. */
  readonly memory?: number | undefined;
  /** What models may take that run in processes of their own. Default: they run in threads, without a bound. */
  readonly limits?: RunLimits | undefined;
}
