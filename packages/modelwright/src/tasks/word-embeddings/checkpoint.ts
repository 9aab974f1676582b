import { NdArray } from '../../graph/array.js';
import type { History } from '../../report/history.js';
import { readSafetensors, writeSafetensors } from '../../saved/safetensors.js';
import { requireSameTraining } from '../../train/checkpoint.js';
import type { CheckpointStore } from '../../train/platform.js';
import type { RowTable } from './rowTable.js';

const fileName = 'last.safetensors';

/** What must be equal for a training to go on. */
export type TrainingIdentity = Readonly<Record<string, string | number>>;

/** Writes the state of a training after a whole epoch. */
export async function writeCheckpoint(
  store: CheckpointStore,
  table: RowTable,
  history: History,
  identity: TrainingIdentity,
): Promise<void> {
  const shape = [table.rows, table.width];
  const tensors = new Map([
    ['values', new NdArray('float32', shape, table.values)],
    ['slots', new NdArray('float32', shape, table.slots)],
  ]);
  const metadata = {
    modelwright: 'word-embeddings',
    history: JSON.stringify(history),
    identity: JSON.stringify(identity),
  };
  await store.write(fileName, writeSafetensors(tensors, metadata));
}

/**
 * Puts a training where the last checkpoint was written.
 * @returns its history; undefined when there is no checkpoint
 * @throws Error when the checkpoint is damaged, or of another training, naming what differs
 */
export async function readCheckpoint(
  store: CheckpointStore,
  table: RowTable,
  identity: TrainingIdentity,
  directory: string,
): Promise<History | undefined> {
  const content = await store.read(fileName);
  if (!content) return undefined;
  const where = `${directory}/${fileName}`;
  const { tensors, metadata } = readSafetensors(content, where);
  const [values, slots] = [tensors.get('values'), tensors.get('slots')];
  if (
    metadata.modelwright !== 'word-embeddings' ||
    !metadata.history ||
    !metadata.identity ||
    !values ||
    !slots
  ) {
    throw new Error(`${where}: this is not a checkpoint of word embeddings.`);
  }
  requireSameTraining(JSON.parse(metadata.identity) as TrainingIdentity, identity, where);
  table.values.set(values.data as Float32Array);
  table.slots.set(slots.data as Float32Array);
  return JSON.parse(metadata.history) as History;
}
