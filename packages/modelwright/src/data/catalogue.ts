import type { Example } from './collate.js';
import { digits } from './digits.js';
import type { DownloadProgress } from './download.js';
import { fetchMnist, mnist } from './mnist.js';
import type { TrainTest } from './split.js';

/** A dataset that is known by name. */
export interface CatalogueEntry {
  readonly name: string;
  readonly title: string;
  /** What it is for, named as Hugging Face names tasks. */
  readonly task: string;
  readonly description: string;
  /** Number of examples to learn from and to measure on. */
  readonly train: number;
  readonly test: number;
  /** Bytes to download; 0 when it is made here. */
  readonly downloadBytes: number;
  readonly licence: string;
  readonly source: string;
  /** Brings the files to this machine and says in which folder they are; left out where there are no files. */
  readonly fetch?: (options?: { onProgress?: (progress: DownloadProgress) => void }) => Promise<string>;
  /** Opens it, fetching it first where needed. */
  readonly load: () => Promise<TrainTest<Example>>;
}

/** The datasets known by name. */
export const catalogue: readonly CatalogueEntry[] = [
  {
    name: 'digits',
    title: 'Drawn digits',
    task: 'image-classification',
    description: 'Digits 0-9 drawn by a simulated pen, 28x28 grey; made on this machine in a second.',
    train: 5000,
    test: 1000,
    downloadBytes: 0,
    licence: 'Apache-2.0',
    source: 'modelwright',
    load: async () => digits(),
  },
  {
    name: 'mnist',
    title: 'MNIST',
    task: 'image-classification',
    description: 'Handwritten digits 0-9, 28x28 grey.',
    train: 60_000,
    test: 10_000,
    downloadBytes: 11_594_722,
    licence: 'CC BY-SA 3.0',
    source: 'LeCun, Cortes and Burges',
    fetch: fetchMnist,
    load: () => mnist(),
  },
];
