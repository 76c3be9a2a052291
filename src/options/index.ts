export { imagenetLabels } from "./imagenet.ts";
