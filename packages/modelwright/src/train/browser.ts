// What a training needs from a browser. Imported for its effect by the package's entry for browsers.
import { setDefaultRuntime } from '../runtime/defaultRuntime.js';
import { ortWasm, ortWebgpuWeb } from '../runtime/ortWeb.js';
import { DeviceRunner } from './engine/deviceRunner.js';
import { inlineEngine } from './engine/engine.js';
import { StepRunner } from './engine/stepRunner.js';
import { type CheckpointStore, setTrainingPlatform } from './platform.js';

/** What is used of a browser's origin private file system; TypeScript's own types of it come with those of the whole page. */
interface FileHandle {
  getFile(): Promise<Blob>;
  createWritable(): Promise<{ write(content: Uint8Array): Promise<void>; close(): Promise<void> }>;
}
interface FolderHandle {
  getDirectoryHandle(name: string, options: { create: boolean }): Promise<FolderHandle>;
  getFileHandle(name: string, options?: { create: boolean }): Promise<FileHandle>;
}
interface WithStorage {
  readonly navigator: { readonly storage: { getDirectory(): Promise<FolderHandle> } };
}

/** Checkpoints in the browser's own storage, which keeps them from visit to visit. A file is replaced when it is closed. */
function storageStore(directory: string): CheckpointStore {
  const folder = async (): Promise<FolderHandle> => {
    let handle = await (globalThis as unknown as WithStorage).navigator.storage.getDirectory();
    for (const name of directory.split('/').filter((part) => part !== '' && part !== '.')) {
      handle = await handle.getDirectoryHandle(name, { create: true });
    }
    return handle;
  };
  return {
    async write(name, content) {
      const file = await (await folder()).getFileHandle(name, { create: true });
      const writable = await file.createWritable();
      await writable.write(content);
      await writable.close();
    },
    async read(name) {
      try {
        const file = await (await folder()).getFileHandle(name);
        return new Uint8Array(await (await file.getFile()).arrayBuffer());
      } catch (error) {
        if (error instanceof Error && error.name === 'NotFoundError') return undefined;
        throw error;
      }
    },
  };
}

setDefaultRuntime(ortWasm);
setTrainingPlatform({
  // ONNX Runtime has its own threads here; two sessions would share them.
  cores: 1,
  devices: ['cpu', 'webgpu'],
  openEngine: async (setup) =>
    inlineEngine(
      setup.device === 'webgpu'
        ? await DeviceRunner.open(ortWebgpuWeb, setup)
        : await StepRunner.open(ortWasm, setup, 0),
    ),
  openStore: storageStore,
  progress: undefined,
  async save() {
    throw new Error(
      "A browser has no folders to save to. Use the trained model's export() and store its parts.",
    );
  },
});
