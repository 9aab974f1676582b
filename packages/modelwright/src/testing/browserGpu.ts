interface WithGpu {
  readonly navigator: { readonly gpu?: { requestAdapter(): Promise<object | null> } };
}

/** Whether the browser in whose page this runs has a GPU for WebGPU, were it one that the CPU computes. */
export async function hasWebgpuAdapter(): Promise<boolean> {
  const { navigator } = globalThis as unknown as WithGpu;
  return Boolean(await navigator.gpu?.requestAdapter());
}
