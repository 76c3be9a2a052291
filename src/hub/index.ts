/** Models of the hub by name: what a name means, on every platform. */
export { knownModels, namesHubModel } from "./catalogue.ts";
export { parseHubReference } from "./reference.ts";
