/** Names that someone may have meant. Loaded when a class is not found. */
export { nearLabels } from "flexvar/options";
