// How many pictures a second a saved detector takes, decoding apart: letterbox, network and suppression, one picture at a time.
//   node detection_speed.mjs --model models/cells --data DATA [--pictures 50]
import { parseArgs } from 'node:util';
import { openDetection } from 'modelwright/data';
import { openModel } from 'modelwright/saved';
import { detectOnImage } from 'modelwright/tasks';

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    data: { type: 'string' },
    pictures: { type: 'string', default: '50' },
  },
});
const model = await openModel(values.model);
const { train, test } = await openDetection(values.data);
const chosen = (test.length > 0 ? test : train).slice(0, Number(values.pictures));
const images = await Promise.all(chosen.map(({ read }) => read()));
const detect = (image) => detectOnImage(model, image.reshape([1, ...image.shape]));
for (const image of images.slice(0, 5)) await detect(image);
const [started, used] = [performance.now(), process.cpuUsage()];
for (const image of images) await detect(image);
const seconds = (performance.now() - started) / 1000;
const { user, system } = process.cpuUsage(used);
await model.release();
console.log(
  JSON.stringify({
    pictures: images.length,
    size: images[0].shape,
    picturesPerSecond: Number((images.length / seconds).toFixed(1)),
    processorMillisecondsEach: Number(((user + system) / 1000 / images.length).toFixed(1)),
  }),
);
