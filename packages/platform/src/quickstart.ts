// `npm start`: the main job from end to end. Trains a digit classifier on digits that it draws itself, measures it, saves it,
// serves it, and says what to open. With --exit it asks its own server for one prediction and ends.
import { parseArgs } from 'node:util';
import { digits, encodePng } from 'modelwright/data';
import { confusionMatrixText } from 'modelwright/report';
import { evaluateImageClassifier, trainImageClassifier } from 'modelwright/tasks';
import { onInterrupt } from './cli/interrupt.js';
import { metricsText } from './cli/output.js';
import { TrainingProgress } from './cli/trainingProgress.js';
import { type RunningServer, serve } from './server/serve.js';
import { serveModel } from './server/servedModel.js';

const out = 'models/digits';

async function train(): Promise<void> {
  console.log(
    'Training a network to read digits that this program draws itself (5,000 to learn from, 1,000 to test).',
  );
  const progress = new TrainingProgress();
  const result = await trainImageClassifier({
    data: 'digits',
    out,
    epochs: 4,
    onEvent: progress.onEvent,
  }).finally(() => progress.close());
  const { confusionMatrix, labels } = await evaluateImageClassifier({ model: out, data: 'digits' });
  console.log(`\nOn 1,000 digits it has never seen: ${metricsText(result.metrics)}\n`);
  console.log(
    confusionMatrixText(
      confusionMatrix!.map((row) => [...row]),
      labels!,
    ),
  );
  console.log(
    `\nSaved to ${out}: model card README.md, onnx/model.onnx for any ONNX tool, model.safetensors. ${result.seconds.toFixed(0)} s in all.`,
  );
}

async function start(port: number): Promise<RunningServer> {
  return serve({ models: [await serveModel(out)], port });
}

/** The given port, or any that is free when it is taken. */
async function startSomewhere(port: number): Promise<RunningServer> {
  try {
    return await start(port);
  } catch (error) {
    console.log(`${(error as Error).message.split('.')[0]}; taking another one.`);
    return start(0);
  }
}

async function predictOnce(url: string): Promise<void> {
  const { input, target } = await digits({ train: 1, test: 1, seed: 7 }).test.at(0);
  const response = await fetch(`${url}/predict`, {
    method: 'POST',
    headers: { 'content-type': 'image/png' },
    body: await encodePng(input),
  });
  const answer = (await response.json()) as {
    predictions?: { label: string; probability: number }[];
    error?: string;
  };
  const [best] = answer.predictions ?? [];
  if (!response.ok || !best)
    throw new Error(`The server answered ${response.status}: ${answer.error ?? 'no prediction'}.`);
  console.log(
    `Asked the server about a drawn ${target.item()}: it says ${best.label} (${(100 * best.probability).toFixed(1)} %).`,
  );
}

const { values } = parseArgs({
  options: { exit: { type: 'boolean', default: false }, port: { type: 'string', default: '8080' } },
});
await train();
const server = await startSomewhere(values.exit ? 0 : Number(values.port));
if (values.exit) {
  await predictOnce(server.url);
  await server.close();
} else {
  console.log(`
Open ${server.url} and draw a digit, or ask from another terminal:
  curl ${server.url}/v2/models/digits
  curl --data-binary @picture.png -H 'content-type: image/png' ${server.url}/predict
Ctrl+C ends the server.`);
  await new Promise<void>((resolve) => {
    onInterrupt(resolve);
  });
  await server.close();
}
