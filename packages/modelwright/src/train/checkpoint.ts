import { NdArray } from '../graph/array.js';
import type { PlateauState } from '../optim/index.js';
import type { History } from '../report/history.js';
import type { Device } from '../runtime/runtime.js';
import { readSafetensors, writeSafetensors } from '../saved/safetensors.js';
import type { AlternateTotals } from './alternates.js';
import type { EngineVariables } from './engine/protocol.js';

/** Where a training stands, apart from its arrays. */
export interface TrainingProgress {
  /** Epochs completed. */
  readonly epoch: number;
  /** Epochs that were over when what is frozen was last looked at. */
  readonly stage: number;
  /** Batches of the current epoch that are done. */
  readonly batch: number;
  /** Optimiser steps taken. */
  readonly step: number;
  /** Seconds spent on the current epoch so far. */
  readonly epochSeconds: number;
  readonly history: History;
  /** What the learning rate is multiplied by. */
  readonly learningRateScale: number;
  /** Sums over the current epoch so far. */
  readonly loss: number;
  readonly weight: number;
  /** The same of steps of other kinds; absent from checkpoints of earlier versions. */
  readonly alternates?: readonly AlternateTotals[];
  /** The best value of what is monitored, its epoch (from 1), and epochs since. */
  readonly best: { readonly value: number; readonly epoch: number; readonly since: number } | undefined;
  /** The state of reduceOnPlateau, where it is used. */
  readonly plateau: PlateauState | undefined;
}

/** A training's state, whole: what is needed to go on as though it had never stopped. */
export interface Checkpoint {
  readonly variables: EngineVariables;
  readonly statistics: ReadonlyMap<string, NdArray<'float32'>>;
  readonly progress: TrainingProgress;
  /** What must be equal for the checkpoint to fit: the model, the batch size, the seed ...; on the same device also the number of workers. */
  readonly identity: Readonly<Record<string, string | number>>;
}

const vector = (data: Float32Array<ArrayBuffer>): NdArray => new NdArray('float32', [data.length], data);

/** A checkpoint as one safetensors file. */
export function encodeCheckpoint({ variables, statistics, progress, identity }: Checkpoint): Uint8Array {
  const tensors = new Map<string, NdArray>([
    ['parameters', vector(variables.parameters)],
    ['state', vector(variables.state)],
    ...variables.slots.map((slot, i): [string, NdArray] => [`slot.${i}`, vector(slot)]),
    ...(variables.average ? [['average', vector(variables.average)] as [string, NdArray]] : []),
    ...[...statistics].map(([name, array]): [string, NdArray] => [`statistic.${name}`, array]),
  ]);
  return writeSafetensors(tensors, {
    modelwright: 'checkpoint',
    progress: JSON.stringify(progress),
    identity: JSON.stringify(identity),
  });
}

/** @throws Error when the file is no checkpoint, or is cut off */
export function decodeCheckpoint(content: Uint8Array<ArrayBuffer>, where: string): Checkpoint {
  const { tensors, metadata } = readSafetensors(content, where);
  if (metadata.modelwright !== 'checkpoint' || !metadata.progress || !metadata.identity) {
    throw new Error(`${where}: this is not a checkpoint of a training.`);
  }
  const get = (name: string): Float32Array<ArrayBuffer> => {
    const found = tensors.get(name);
    if (!found)
      throw new Error(
        `${where}: the checkpoint lacks '${name}'. It may have been written by another version.`,
      );
    return found.data as Float32Array<ArrayBuffer>;
  };
  const slots = [...tensors.keys()].filter((name) => name.startsWith('slot.')).length;
  const statistics = [...tensors].flatMap(([name, array]): [string, NdArray<'float32'>][] =>
    name.startsWith('statistic.') ? [[name.slice('statistic.'.length), array as NdArray<'float32'>]] : [],
  );
  return {
    variables: {
      parameters: get('parameters'),
      state: get('state'),
      slots: Array.from({ length: slots }, (_, i) => get(`slot.${i}`)),
      average: tensors.has('average') ? get('average') : undefined,
    },
    statistics: new Map(statistics),
    progress: JSON.parse(metadata.progress) as TrainingProgress,
    identity: JSON.parse(metadata.identity) as Checkpoint['identity'],
  };
}

type Identity = Checkpoint['identity'];

/** What a training computes with; checkpoints of before it was kept are of the CPU. */
const deviceOf = ({ device = 'cpu' }: Identity): string | number => device;

/** The number of workers that goes on with a checkpoint bit by bit; on another device none does. */
export function workersOf(identity: Identity, device: Device): number | undefined {
  return deviceOf(identity) === device ? Number(identity.workers) : undefined;
}

/** @throws Error naming what differs between the checkpointed training and this one */
export function requireSameTraining(found: Identity, expected: Identity, where: string): void {
  const free = deviceOf(found) === deviceOf(expected) ? ['device'] : ['device', 'workers'];
  const differing = Object.keys(expected).filter(
    (name) => found[name] !== expected[name] && !free.includes(name),
  );
  if (differing.length === 0) return;
  const said = differing.map(
    (name) => `${name} was ${found[name] ?? 'not known'} and is now ${expected[name]}`,
  );
  throw new Error(
    `${where}: this checkpoint is of another training: ${said.join('; ')}. Resume with the same settings, or start anew elsewhere.`,
  );
}
