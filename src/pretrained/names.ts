/** Files of a model folder. */
export const CONFIG_FILE = "config.json";
export const TOKENIZER_FILE = "tokenizer.safetensors";
export const TRANSFORMER_FILE = "transformer.safetensors";
export const CARD_FILE = "README.md";
