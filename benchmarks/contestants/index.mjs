// Who takes part, and how each is started. `missing` says why one cannot take part here; `onlyNamed`, that it must be asked for.
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

const script = (file) => join(import.meta.dirname, file);

/** Where a Python environment keeps a package. */
function packageOf(folder, name) {
  const [version = 'python3'] =
    folder && existsSync(join(folder, 'lib')) ? readdirSync(join(folder, 'lib')) : [];
  return join(`${folder}`, 'lib', version, 'site-packages', name);
}

/** The contestants; `peers` is the folder of the PyTorch environment (its siblings end in `-tf` and `-tfjs`). */
export function contestants(peers) {
  const folder = peers && resolve(peers);
  const peer = (entry, needed) => ({
    ...entry,
    missing: !folder ? 'PEERS is not set' : existsSync(needed) ? undefined : `${needed} is not there`,
  });
  const python = (suffix) => join(`${folder}${suffix}`, 'bin', 'python');
  const tfjs = `${folder}-tfjs`;
  return [
    {
      name: 'modelwright',
      title: 'Modelwright',
      command: process.execPath,
      args: [script('modelwright_contestant.mjs')],
    },
    {
      name: 'modelwright-webgpu',
      title: 'Modelwright, WebGPU',
      onlyNamed: true,
      command: process.execPath,
      args: [script('modelwright_contestant.mjs'), '--webgpu'],
    },
    peer(
      { name: 'torch', title: 'PyTorch', command: python(''), args: [script('torch_contestant.py')] },
      python(''),
    ),
    peer(
      {
        name: 'torch-channels-last',
        title: 'PyTorch, channels last',
        command: python(''),
        args: [script('torch_contestant.py'), '--channels-last'],
      },
      python(''),
    ),
    peer(
      {
        name: 'torch-cuda',
        title: 'PyTorch, CUDA',
        onlyNamed: true,
        command: python(''),
        args: [script('torch_contestant.py'), '--cuda'],
      },
      python(''),
    ),
    peer(
      {
        name: 'tokenizers',
        title: 'HF tokenizers',
        command: python(''),
        args: [script('tokenizers_contestant.py')],
      },
      packageOf(folder, 'tokenizers'),
    ),
    peer(
      { name: 'keras', title: 'Keras/TF', command: python('-tf'), args: [script('keras_contestant.py')] },
      python('-tf'),
    ),
    peer(
      {
        name: 'tfjs',
        title: 'TF.js',
        command: process.execPath,
        args: [script('tfjs_contestant.mjs'), tfjs],
      },
      join(tfjs, 'node_modules', '@tensorflow', 'tfjs'),
    ),
  ];
}
