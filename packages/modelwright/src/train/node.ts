// What a training needs from Node: threads, files, a terminal. Imported for its effect by the package's entry for Node.
import { mkdir, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { progressBar } from '../report/index.js';
import { setDefaultRuntime } from '../runtime/defaultRuntime.js';
import { threadRuntime } from '../runtime/thread.js';
import { writeFileAtomic } from '../saved/index.js';
import { threadEngine } from './engine/threadEngine.js';
import { type CheckpointStore, setTrainingPlatform } from './platform.js';
import { saveModel } from './save.js';

/** Checkpoints as files of a folder, each written aside and then renamed. */
function folderStore(directory: string): CheckpointStore {
  return {
    async write(name, content) {
      await mkdir(directory, { recursive: true });
      await writeFileAtomic(join(directory, name), content);
    },
    async read(name) {
      try {
        return new Uint8Array(await readFile(join(directory, name)));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    },
  };
}

setDefaultRuntime(threadRuntime('cpu'));
setTrainingPlatform({
  cores: availableParallelism(),
  devices: ['cpu', 'webgpu'],
  openEngine: threadEngine,
  openStore: folderStore,
  progress: progressBar,
  save: saveModel,
});
