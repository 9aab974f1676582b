// A worker thread of a training. Requests are served one after another.
import { parentPort } from 'node:worker_threads';
import { ortCpu, ortWebgpu } from '../../runtime/ortNode.js';
import { DeviceRunner } from './deviceRunner.js';
import { Exchange } from './exchange.js';
import type { EngineMessage, EngineReply } from './protocol.js';
import type { Runner } from './runner.js';
import { StepRunner } from './stepRunner.js';

let runner: Runner | undefined;
let last: Promise<void> = Promise.resolve();

async function serve(request: EngineMessage): Promise<Extract<EngineReply, { value: unknown }>['value']> {
  if (request.kind === 'setup') {
    const { setup, worker, shared } = request;
    runner =
      setup.device === 'webgpu'
        ? await DeviceRunner.open(ortWebgpu, setup)
        : await StepRunner.open(ortCpu, setup, worker, shared && new Exchange(shared, worker));
    return undefined;
  }
  if (!runner) throw new Error('This worker has not been set up.');
  switch (request.kind) {
    case 'program':
      await runner.addProgram(request.program, request.model, request.onDevice);
      return undefined;
    case 'step':
      return runner.step(request.shards, request.hyper, request.group);
    case 'evaluate':
      return runner.evaluate(request.shard, request.averaged);
    case 'read':
      return runner.read();
    case 'write':
      await runner.write(request.variables);
      return undefined;
    case 'release':
      await runner.release();
      return undefined;
  }
}

parentPort!.on('message', (request: EngineMessage) => {
  last = last.then(async () => {
    let reply: EngineReply;
    try {
      reply = { id: request.id, value: await serve(request) };
    } catch (error) {
      reply = { id: request.id, error: error instanceof Error ? error.message : String(error) };
    }
    parentPort!.postMessage(reply);
  });
});
