/** Models of the hub by name: what a name means, on every platform. */
export { type KnownModel, knownModel, knownModels } from "./catalogue.ts";
export { HubError } from "./error.ts";
export { formatHubReference, type HubReference, parseHubReference } from "./reference.ts";
