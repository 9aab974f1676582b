import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodePng } from '../../data/images.js';
import type { Variables } from '../../nn/context.js';
import { writeFileAtomic } from '../../saved/index.js';
import { checkpointsOf } from '../trainNetwork.js';
import { gridOf, type Sampler, seedsOf } from './samples.js';
import type { GenerationSettings } from './settings.js';

/** The most columns of a grid: one for each of the first classes. */
const mostColumns = 10;
const rows = 8;

/** Grids of samples, one an epoch, always from the same latent vectors: kept beside the checkpoints until the model is saved. */
export class SampleSheets {
  readonly #folder: string;
  readonly #sampler: Sampler;
  readonly #columns: number;
  readonly #seeds: ReturnType<typeof seedsOf>;

  constructor(out: string, sampler: Sampler, { latent, classes }: GenerationSettings, classNames: number) {
    this.#folder = join(checkpointsOf(out), 'samples');
    this.#sampler = sampler;
    this.#columns = classes === undefined ? 8 : Math.min(classNames, mostColumns);
    const labels = Array.from({ length: rows * this.#columns }, (_, i) => i % this.#columns);
    this.#seeds = seedsOf(classes === undefined ? labels.length : labels, { latent, seed: 0 });
  }

  async draw(variables: Variables, epoch: number): Promise<void> {
    const pictures = await this.#sampler.make(variables, this.#seeds);
    await mkdir(this.#folder, { recursive: true });
    const name = `epoch-${String(epoch).padStart(3, '0')}.png`;
    await writeFileAtomic(join(this.#folder, name), await encodePng(gridOf(pictures, this.#columns)));
  }

  /** The grids drawn so far, by their paths in a model's folder, in order. */
  async files(): Promise<Record<string, Uint8Array>> {
    const names = (await readdir(this.#folder).catch(() => [] as string[]))
      .filter((name) => name.endsWith('.png'))
      .sort();
    const entries = names.map(
      async (name) => [`samples/${name}`, await readFile(join(this.#folder, name))] as const,
    );
    return Object.fromEntries(await Promise.all(entries));
  }
}
