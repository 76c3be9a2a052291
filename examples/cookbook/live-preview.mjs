/** A picture that gets finer while one looks: every scale is shown as soon as it is there. Works in browsers as it stands. */

/**
 * @param client createClient({ baseUrl }); @param {(source: string, share: number) => void} show what an <img> takes, and how far it is
 * @param {AbortSignal} [signal] leaving ends the drawing on the server, too
 */
export async function drawLive(client, fields, show, signal) {
  for await (const event of client.generateStream({ ...fields, partial_images: "all" }, signal)) {
    if (event.type === "image_generation.partial_image")
      show(`data:image/png;base64,${event.b64_json}`, (event.scale + 1) / event.scales);
    if (event.type === "image_generation.completed") show(`data:image/png;base64,${event.b64_json}`, 1);
  }
}
