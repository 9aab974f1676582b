import { checkGraph, type Graph, rebuild } from '../graph/graph.js';
import { eliminateCommonSubexpressions } from './commonSubexpressions.js';
import { foldConstants } from './constantFolding.js';
import { rewriteNode } from './patterns.js';
import { mergeScans, pruneScans, simplifyBodies } from './scans.js';
import { geluOfShare } from './sharedParts.js';

/** A rewrite: a name, and what it makes of a graph. */
export interface Rewrite {
  readonly name: string;
  run(graph: Graph): Graph;
}

/** The rewrites every graph goes through before it is compiled, in order. Nodes nobody needs fall away by themselves. */
export const rewrites: readonly Rewrite[] = [
  { name: 'loops that share a body', run: mergeScans },
  { name: "loops' unread results", run: pruneScans },
  { name: 'patterns', run: (graph) => rebuild(graph, rewriteNode) },
  { name: 'shared parts of gelu', run: geluOfShare },
  { name: 'constant folding', run: foldConstants },
  { name: 'common subexpressions', run: eliminateCommonSubexpressions },
  { name: "loops' bodies", run: (graph) => simplifyBodies(graph, simplifyBody) },
];

const simpleBodies = new WeakSet<Graph>();

function simplifyBody(body: Graph): Graph {
  if (simpleBodies.has(body)) return body;
  const simple = simplify(body);
  simpleBodies.add(simple);
  return simple;
}

/**
 * The same computation in fewer nodes. Repeats the rewrites until none changes the number of nodes.
 * @param first rewrites to run before: those that suit the device
 */
export function simplify(graph: Graph, first: readonly Rewrite[] = []): Graph {
  const steps = simplifySteps(graph, first);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** Simplifies a rewrite at a time, for callers that have other things to do in between. */
export function* simplifySteps(graph: Graph, first: readonly Rewrite[] = []): Generator<void, Graph> {
  let current = graph;
  const apply = ({ name, run }: Rewrite): void => {
    current = run(current);
    checkGraph(current, name);
  };
  for (const rewrite of first) {
    apply(rewrite);
    yield;
  }
  for (let round = 0; round < 8; round++) {
    const before = current.nodes.length;
    for (const rewrite of rewrites) {
      apply(rewrite);
      yield;
    }
    if (current.nodes.length === before) break;
  }
  return current;
}
