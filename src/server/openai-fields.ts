/**
 * Fields of OpenAI's image calls (the types of its SDK, version 6) that ask for what this server does not choose: a value is taken where
 * the pictures are what it asks for anyhow, and refused in words where it would change them. docs/serve.md shows them all.
 */
import { z } from "zod";

/** Only these values, which change nothing. */
const only = (values: readonly [string, ...string[]], why: string, description: string) =>
  z
    .enum(values, { error: `${values.join(" or ")} (${why})` })
    .optional()
    .meta({ description });

export const openaiFields = {
  user: z.string().max(1000).optional().meta({ description: "Accepted for OpenAI's clients; changes nothing." }),
  quality: only(["auto", "standard"], "num_inference_steps chooses", "Changes nothing; num_inference_steps chooses."),
  background: only(
    ["auto", "opaque"],
    "pictures are drawn opaque",
    "Pictures are drawn opaque; an edit keeps what is transparent outside its mask, where opaque is refused.",
  ),
  moderation: only(["auto", "low"], "nothing is filtered", "Changes nothing: classes are all there is to ask for."),
  response_format: only(["b64_json"], "no addresses are made", "Pictures come in the reply."),
  output_format: only(["png"], "pictures carry their settings", "PNG, which carries the settings."),
  output_compression: z
    .literal(100, { error: "100 (PNG loses nothing)" })
    .optional()
    .meta({ description: "100, for PNG loses nothing." }),
} as const;

/** Those that edits have besides. */
export const openaiEditFields = {
  input_fidelity: only(
    ["low", "high"],
    "what is kept is kept exactly",
    "Changes nothing: what is kept is kept exactly.",
  ),
} as const;
