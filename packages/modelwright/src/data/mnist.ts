import { homedir } from 'node:os';
import { join } from 'node:path';
import { type DownloadProgress, download } from './download.js';
import { findIdx, idxFolder, type LabelledImage } from './idx.js';
import type { TrainTest } from './split.js';

export interface MnistOptions {
  /** A folder that has the four files, or is to have them. By default see `mnist`. */
  readonly dir?: string | undefined;
  /** Called while files are downloaded. */
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const mirrors = [
  'https://ossci-datasets.s3.amazonaws.com/mnist/',
  'https://storage.googleapis.com/cvdf-datasets/mnist/',
];

/** The sha256 of each file, gzipped as its authors published it. */
const sha256: Readonly<Record<string, string>> = {
  'train-images-idx3-ubyte': '440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609',
  'train-labels-idx1-ubyte': '3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c',
  't10k-images-idx3-ubyte': '8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6',
  't10k-labels-idx1-ubyte': 'f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6',
};

/**
 * MNIST: 60,000 + 10,000 handwritten digits, `{ input: uint8 [1, 28, 28], target: int32 [] }`, white on black.
 *
 * Looks for the files in `dir`, or else in `$MODELWRIGHT_DATA/mnist`, or else in the cache folder
 * (`$MODELWRIGHT_CACHE/mnist`, by default `~/.cache/modelwright/mnist`), and downloads what is missing there (11 MB).
 * The data: LeCun, Cortes and Burges, CC BY-SA 3.0.
 *
 * @throws Error when a file is neither there nor can be downloaded
 */
export async function mnist(options: MnistOptions = {}): Promise<TrainTest<LabelledImage>> {
  return idxFolder(await fetchMnist(options));
}

/** Makes sure that the files of MNIST are on this machine, and says in which folder. */
export async function fetchMnist(options: MnistOptions = {}): Promise<string> {
  const { MODELWRIGHT_DATA: data, MODELWRIGHT_CACHE: cache } = process.env;
  if (options.dir === undefined && data && (await hasFiles(join(data, 'mnist')))) return join(data, 'mnist');
  const folder = options.dir ?? join(cache || join(homedir(), '.cache', 'modelwright'), 'mnist');
  for (const [name, expected] of Object.entries(sha256)) {
    if ((await findIdx(folder, name)) !== undefined) continue;
    const urls = mirrors.map((mirror) => `${mirror}${name}.gz`);
    await download(urls, join(folder, `${name}.gz`), { ...options, sha256: expected });
  }
  return folder;
}

async function hasFiles(folder: string): Promise<boolean> {
  const found = await Promise.all(Object.keys(sha256).map((name) => findIdx(folder, name)));
  return !found.includes(undefined);
}
