/** The browser face: everything of the platform-neutral one, and model folders by address. */
export * from "./index.ts";
export * from "./remote.ts";
