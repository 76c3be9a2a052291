/** Starting the worker of a model, for the pipeline in a worker and the element. */

/** @param assets address of the folder that `flexvar assets` wrote; left out, the worker lies beside the script, where bundlers put it. */
export function startModelWorker(assets?: string | URL): Worker {
  // Bundlers know the worker by this very form.
  if (assets === undefined)
    return new Worker(new URL("./model-worker.js", import.meta.url), { type: "module", name: "flexvar-model" });
  const folder = fromPage(assets);
  const file = new URL("model-worker.js", folder.endsWith("/") ? folder : `${folder}/`);
  return new Worker(file, { type: "module", name: "flexvar-model" });
}

/** The address as a worker elsewhere reaches it. */
export const fromPage = (address: string | URL): string => new URL(address, document.baseURI).href;
