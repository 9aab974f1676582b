export * from './annotations.js';
export * from './boxDataset.js';
export * from './boxTransforms.js';
export { boxesSvg, type DrawnBox, drawBoxes } from './drawBoxes.js';
export * from './openDetection.js';
export { parsePascalVoc } from './pascalVoc.js';
export {
  type AnnotationProblem,
  type OnProblem,
  type ProblemKind,
  problemKinds,
  problemLines,
} from './problems.js';
export * from './shapes.js';
export { parseYolo } from './yolo.js';
