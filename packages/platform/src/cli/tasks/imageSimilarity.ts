import { type Command, Option } from 'commander';
import type { Comparison, ImageSimilarityTrainOptions, SimilarPicture } from 'modelwright/tasks';
import { numberFrom, positiveNumber, wholeNumber } from '../numbers.js';
import { writeNote } from '../output.js';
import { PathOption } from '../pathOption.js';
import { type CliTask, type Predictor, parsed } from './task.js';

const names = (text: string): string[] => text.split(',').map((name) => name.trim());

/** What image similarity can be trained with; the names are those of `ImageSimilarityTrainOptions`. */
function addTrainOptions(command: Command): Command {
  return command
    .requiredOption(
      '-d, --data <folder|name>',
      'a folder with a folder of pictures for each class (person, article ...); or characters, which are made here',
    )
    .requiredOption('-o, --out <folder>', 'where to save the model')
    .addOption(
      new Option(
        '--preset <name>',
        'settings chosen for what the pictures show, which other options change (faces: all cut out alike)',
      ).choices(['faces']),
    )
    .option(
      '-m, --model <name>',
      'network: small-cnn, aligned-cnn, gradient-histograms, digits-cnn, resnet18, resnet34, resnet50, mobilenet-v2, vit-small, mlp, linear (default: small-cnn)',
    )
    .addOption(
      new Option('--loss <name>', 'what it is trained with (default: triplet)').choices([
        'triplet',
        'arcface',
      ]),
    )
    .addOption(
      new Option('--mining <name>', 'how triplets are chosen (default: semi-hard)').choices([
        'semi-hard',
        'batch-hard',
      ]),
    )
    .option('--margin <x>', 'how far classes are to lie apart (default: 0.3; arcface 0.5)', positiveNumber)
    .option('--scale <x>', 'how sharply arcface tells classes apart (default: 30)', positiveNumber)
    .option('--normalize', 'bring each channel of a picture to mean 0 and deviation 1 first')
    .option('--mirror-mean', 'embed a picture and its mirror image, and take the mean')
    .option(
      '--discriminant',
      'fit the last layer anew by the linear discriminant of varied pictures, which suits few classes',
    )
    .option(
      '--made-up-classes <n>',
      'classes that the discriminant makes up of each by distorting its pictures, for faces (default: 0)',
      wholeNumber(0, 20),
    )
    .option(
      '--dimensions <n>',
      'numbers in an embedding; with --discriminant fewer than there are classes (default: 64 at most)',
      wholeNumber(2, 4096),
    )
    .option('--classes-per-batch <n>', 'different classes in a step (default: 8)', wholeNumber(2))
    .option('--images-per-class <n>', 'pictures of each class in a step (default: 4)', wholeNumber(1))
    .option('-e, --epochs <n>', 'times to go through the data (default: 40)', wholeNumber(1))
    .option('-l, --learning-rate <x>', 'size of the first steps (default: 0.001)', positiveNumber)
    .option('-s, --seed <n>', 'equal seeds give equal runs', wholeNumber(0, 2 ** 32 - 1))
    .addOption(new Option('--device <device>', 'what to compute with').choices(['cpu', 'webgpu']))
    .option('--image-size <pixels>', 'height and width to bring pictures to', wholeNumber(16, 4096))
    .addOption(
      new Option('--channels <n>', 'read pictures of a folder in grey (1) or colour (3, the default)')
        .choices(['1', '3'])
        .argParser(Number),
    )
    .option('--no-augment', 'do not shift, turn and light pictures differently')
    .option(
      '--turn <x>',
      'turn heads while training, by this share of half the width (default: 0)',
      numberFrom(0, 1),
    )
    .option('--mirror', 'mirror pictures too (default: for those of folders above 32 pixels)')
    .option('--no-mirror', 'never mirror pictures')
    .option(
      '--validation-split <share>',
      'share of the classes held out, the last ones by name (default: 0.2)',
      numberFrom(0, 0.5),
    )
    .option('--held-out-classes <names>', 'classes to hold out, with commas between', names)
    .addOption(
      new PathOption(
        '--gallery <folder>',
        'pictures that the saved model can find (default: those of the data)',
      ),
    )
    .addOption(
      new Option(
        '--index <kind>',
        'how the saved model finds pictures: exact compares all; hnsw is an index (default: hnsw from 20,000 pictures on)',
      ).choices(['exact', 'hnsw']),
    )
    .option('--resume', 'go on from the last checkpoint, where there is one');
}

export const imageSimilarity: CliTask = {
  description: 'say how alike pictures are, and find similar ones',
  trainExamples: [
    'modelwright train image-similarity --data characters --out models/characters',
    'modelwright train image-similarity --data people/ --preset faces --validation-split 0.3 --out models/faces',
  ],
  addTrainOptions,
  async train(options, hooks) {
    const { trainImageSimilarity } = await import('modelwright/tasks');
    return trainImageSimilarity({ ...parsed<ImageSimilarityTrainOptions>(options), ...hooks });
  },
  async evaluate(model, options) {
    const { evaluateImageSimilarity } = await import('modelwright/tasks');
    return evaluateImageSimilarity({ model, ...options });
  },
  input: 'file',
  async openPredictor(directory, { gallery: folder, exact }) {
    const { openImageSimilarity } = await import('modelwright/tasks');
    // Where another gallery is looked in, the index of the model's own is not needed.
    const model = await openImageSimilarity(directory, {
      exact: exact || folder !== undefined,
      onNote: writeNote,
    });
    const gallery = folder === undefined ? model.gallery : await model.openGallery(folder, writeNote);
    const single: Predictor = {
      async predict(source, top) {
        const similar = await model.nearest(source, top, gallery);
        return { json: { similar }, text: similar.map(similarText).join('\n') };
      },
      release: () => model.release(),
    };
    if (folder !== undefined) return single;
    return {
      ...single,
      async predictTogether(sources) {
        const embeddings = await Promise.all(sources.map(({ source }) => model.embed(source)));
        const pairs = embeddings.flatMap((b, j) =>
          embeddings.slice(0, j).map((a, i) => ({
            files: [sources[i]!.name, sources[j]!.name],
            ...model.compare(a, b),
          })),
        );
        return { json: { threshold: model.threshold, pairs }, text: pairs.map(pairText).join('\n') };
      },
    };
  },
};

const similarText = ({ name, similarity }: SimilarPicture): string =>
  `${similarity.toFixed(3).padStart(6)}  ${name}`;

const pairText = ({ files, similarity, same }: Comparison & { files: readonly string[] }): string =>
  `${similarity.toFixed(3).padStart(6)}  ${same ? 'same class  ' : 'other class '}  ${files.join('  ')}`;
