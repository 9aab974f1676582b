import { Option } from 'commander';

/** An option whose value is a path: in a job it must lie within the folder that the worker takes data from. */
export class PathOption extends Option {}
